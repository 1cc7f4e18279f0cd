//! References stay within the design, timeline or document that they stand in.

use std::collections::BTreeSet;

use super::graph::{DESIGNS, Graph, INSTANCES};
use super::{Must, Rules, when};

/// A rule that what an attribute names stands within the same holder.
struct Same {
    name: &'static str,
    words: &'static str,
    classes: &'static [&'static str],
    attributes: &'static [&'static str],
    holders: &'static [&'static str],
}

const TIMELINE: &[&str] = &["ScheduleTimeline"];
const DOCUMENT: &[&str] = &["StudyDefinitionDocumentVersion"];
const NEXT: &[&str] = &["previousId", "nextId"];

const SAME: [Same; 17] = [
    Same {
        name: "DDF00024",
        words: "An epoch names epochs of its own design.",
        classes: &["StudyEpoch"],
        attributes: NEXT,
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00028",
        words: "An activity follows activities of its own design.",
        classes: &["Activity"],
        attributes: NEXT,
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00029",
        words: "An encounter follows encounters of its own design.",
        classes: &["Encounter"],
        attributes: NEXT,
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00046",
        words: "A timing runs between instances of its own timeline.",
        classes: &["Timing"],
        attributes: &["relativeFromScheduledInstanceId", "relativeToScheduledInstanceId"],
        holders: TIMELINE,
    },
    Same {
        name: "DDF00047",
        words: "A cell names elements of its own design.",
        classes: &["StudyCell"],
        attributes: &["elementIds"],
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00050",
        words: "An arm names populations of its own design.",
        classes: &["StudyArm"],
        attributes: &["populationIds"],
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00071",
        words: "A cell names an arm of its own design.",
        classes: &["StudyCell"],
        attributes: &["armId"],
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00072",
        words: "A cell names an epoch of its own design.",
        classes: &["StudyCell"],
        attributes: &["epochId"],
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00102",
        words: "An instance leaves by an exit of its own timeline.",
        classes: &["ScheduledActivityInstance"],
        attributes: &["timelineExitId"],
        holders: TIMELINE,
    },
    Same {
        name: "DDF00105",
        words: "An instance names an epoch of its own design.",
        classes: &INSTANCES,
        attributes: &["epochId"],
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00106",
        words: "An instance names an encounter of its own design.",
        classes: &["ScheduledActivityInstance"],
        attributes: &["encounterId"],
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00107",
        words: "An instance names a sub-timeline of its own design.",
        classes: &["ScheduledActivityInstance"],
        attributes: &["timelineId"],
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00127",
        words: "An encounter is scheduled by a timing of its own design.",
        classes: &["Encounter"],
        attributes: &["scheduledAtId"],
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00152",
        words: "An activity names a timeline of its own design.",
        classes: &["Activity"],
        attributes: &["timelineId"],
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00204",
        words: "A section names sections of its own document version.",
        classes: &["NarrativeContent"],
        attributes: &["childIds", "previousId", "nextId"],
        holders: DOCUMENT,
    },
    Same {
        name: "DDF00251",
        words: "A cohort names indications of its own design.",
        classes: &["StudyCohort"],
        attributes: &["indicationIds"],
        holders: &DESIGNS,
    },
    Same {
        name: "DDF00254",
        words: "An activity's children are activities of its own design.",
        classes: &["Activity"],
        attributes: &["childIds"],
        holders: &DESIGNS,
    },
];

pub(super) fn run(graph: &Graph, rules: &mut Rules) {
    for rule in &SAME {
        rules.each(rule.name, Must, rule.words, graph.of(rule.classes), |item| {
            let holder = graph.around(item, rule.holders).map(|holder| holder.at);
            let named = rule.attributes.iter().flat_map(|name| item.ids(name));
            // An id that names nothing at all is another rule's finding.
            let strays = |id: &str| {
                let target = graph.named(id)?;
                when(graph.around(target, rule.holders).map(|holder| holder.at) != holder)
            };
            named.into_iter().find_map(strays)
        });
    }
    references(graph, rules);
}

/// What has to be named by the design itself.
fn references(graph: &Graph, rules: &mut Rules) {
    let interventions = |item: &super::Item| -> Option<Vec<String>> {
        let design = graph.around(item, &DESIGNS)?;
        Some(design.ids("studyInterventionIds").into_iter().map(str::to_owned).collect())
    };
    for (name, class, attribute, words) in [
        ("DDF00240", "Procedure", "studyInterventionId", "A procedure names an intervention that its design names."),
        ("DDF00252", "StudyElement", "studyInterventionIds", "An element names interventions that its design names."),
    ] {
        rules.each(name, Must, words, graph.of(&[class]), |item| {
            let known = interventions(item)?;
            when(item.ids(attribute).iter().any(|id| !known.iter().any(|known| known == id)))
        });
    }
    rules.each(
        "DDF00168",
        Must,
        "A section's text stands in the same study.",
        graph.of(&["NarrativeContent"]),
        |item| {
            let id = item.text("contentItemId");
            when(!id.is_empty() && graph.named_as(id, &["NarrativeContentItem"]).is_none())
        },
    );
    let applies =
        ["Procedure", "Activity", "BiomedicalConcept", "BiomedicalConceptCategory", "BiomedicalConceptSurrogate"];
    let words = "What a condition applies to is an activity, a procedure or a concept that is there.";
    rules.each("DDF00091", Must, words, graph.of(&["Condition"]), |item| {
        when(item.ids("appliesToIds").iter().any(|id| graph.named_as(id, &applies).is_none()))
    });
    let contexts = ["Activity", "ScheduledActivityInstance"];
    rules.each(
        "DDF00114",
        Must,
        "The context of a condition is an activity or an instance that is there.",
        graph.of(&["Condition"]),
        |item| when(item.ids("contextIds").iter().any(|id| graph.named_as(id, &contexts).is_none())),
    );
    let used: BTreeSet<(Option<usize>, &str)> = graph
        .of(&["StudyCell"])
        .flat_map(|cell| cell.ids("elementIds").into_iter().map(|id| (cell.parent, id)))
        .collect();
    rules.each("DDF00040", Must, "Every element is used by a cell.", graph.of(&["StudyElement"]), |item| {
        when(!used.contains(&(item.parent, item.id)))
    });
    rules.each("DDF00018", Must, "Nothing is its own child.", graph.items.iter(), |item| {
        when(!item.id.is_empty() && item.ids("childIds").contains(&item.id))
    });
}
