//! What the parts of a study say about each other: roles, identifiers, populations, products, amendments.

use std::collections::{BTreeMap, BTreeSet};

use super::dated::{amendments, dates, products};
use super::graph::{DESIGNS, Graph, Item, code};
use super::{Must, Rules, Should, when};

pub(super) fn run(graph: &Graph, rules: &mut Rules) {
    names(graph, rules);
    pairs(graph, rules);
    quantities(graph, rules);
    identifiers(graph, rules);
    roles(graph, rules);
    designs(graph, rules);
    populations(graph, rules);
    criteria(graph, rules);
    activities(graph, rules);
    dates(graph, rules);
    amendments(graph, rules);
    products(graph, rules);
}

pub(super) fn says(item: &Item, attribute: &str, known: &str, words: &str) -> bool {
    item.codes(attribute).iter().any(|code| code.code == known || code.decode.eq_ignore_ascii_case(words))
}

fn names(graph: &Graph, rules: &mut Rules) {
    let mut seen = BTreeSet::new();
    let mut broken = Vec::new();
    let named = || graph.items.iter().filter(|item| item.has("name") && item.parent.is_some());
    for item in named() {
        if !seen.insert((item.parent, item.class, item.text("name"))) {
            broken.push((format!("{}/name", item.path), String::new()));
        }
    }
    rules.came_out("DDF00010", Must, "Things of one kind in one place have different names.", named().count(), broken);
    let mut seen = BTreeSet::new();
    let with_id = || graph.items.iter().filter(|item| !item.id.is_empty());
    let twice = with_id().filter(|item| !seen.insert(item.id)).map(|item| (item.path.clone(), String::new()));
    let twice = twice.collect();
    rules.came_out("DDF00083", Must, "An id is used once.", with_id().count(), twice);
    rules.each("DDF00260", Should, "An id has no spaces.", with_id(), |item| {
        when(item.id.contains(char::is_whitespace))
    });
    for (name, attribute, weight, words) in [
        ("DDF00170", "abbreviatedText", Must, "An abbreviation is listed once."),
        ("DDF00171", "expandedText", Should, "What abbreviations stand for is listed once."),
    ] {
        let mut seen = BTreeSet::new();
        let all = || graph.of(&["Abbreviation"]);
        let twice =
            all().filter(|item| !seen.insert(item.text(attribute))).map(|item| (item.path.clone(), String::new()));
        let twice = twice.collect();
        rules.came_out(name, weight, words, all().count(), twice);
    }
}

/// One attribute asks for another.
fn pairs(graph: &Graph, rules: &mut Rules) {
    let both = |item: &Item, one: &str, other: &str| when(item.has(one) != item.has(other));
    let administrations = || graph.of(&["Administration"]);
    rules.each("DDF00177", Should, "A dose has a route, and a route a dose.", administrations(), |item| {
        both(item, "dose", "route")
    });
    rules.each("DDF00178", Must, "A dose has a frequency.", administrations(), |item| {
        when(item.has("dose") && !item.has("frequency"))
    });
    rules.each("DDF00185", Must, "A dose has a product, by itself or in a device.", administrations(), |item| {
        let device = graph.named_as(item.text("medicalDeviceId"), &["MedicalDevice"]);
        let product =
            item.has("administrableProductId") || device.is_some_and(|device| device.has("embeddedProductId"));
        when(item.has("dose") != product)
    });
    let sections = || graph.of(&["NarrativeContent"]);
    for (name, shown, attribute, words) in [
        (
            "DDF00164",
            "displaySectionNumber",
            "sectionNumber",
            "A section whose number is shown has one, and the other way round.",
        ),
        (
            "DDF00165",
            "displaySectionTitle",
            "sectionTitle",
            "A section whose title is shown has one, and the other way round.",
        ),
    ] {
        rules.each(name, Must, words, sections(), |item| when((item.flag(shown) == Some(true)) != item.has(attribute)));
    }
    rules.each("DDF00163", Should, "A section has text or sections below it.", sections(), |item| {
        when(!item.has("childIds") && !item.has("contentItemId"))
    });
    let durations = || graph.of(&["Duration"]);
    let varies = |item: &Item| item.flag("durationWillVary") == Some(true);
    rules.each("DDF00033", Must, "A duration has words or a quantity.", durations(), |item| {
        when(!item.has("text") && !item.has("quantity"))
    });
    rules.each("DDF00034", Must, "A duration that will vary says why, and only such a one.", durations(), |item| {
        when(varies(item) != item.has("reasonDurationWillVary"))
    });
    rules.each(
        "DDF00039",
        Should,
        "A duration that will vary has no quantity, and the other way round.",
        durations(),
        |item| when(varies(item) == item.has("quantity")),
    );
    rules.each(
        "DDF00013",
        Must,
        "A property that is required is enabled.",
        graph.of(&["BiomedicalConceptProperty"]),
        |item| when(item.flag("isRequired") == Some(true) && item.flag("isEnabled") != Some(true)),
    );
    rules.each(
        "DDF00014",
        Should,
        "A category of concepts has members or children.",
        graph.of(&["BiomedicalConceptCategory"]),
        |item| when(!item.has("memberIds") && !item.has("childIds")),
    );
    rules.each("DDF00030", Must, "A person's name has words or a family name.", graph.of(&["PersonName"]), |item| {
        when(!item.has("text") && !item.has("familyName"))
    });
    rules.each("DDF00194", Must, "An address says something.", graph.of(&["Address"]), |item| {
        when(!["text", "lines", "city", "district", "state", "postalCode", "country"].iter().any(|name| item.has(name)))
    });
    rules.each(
        "DDF00231",
        Must,
        "What is retained says whether it includes DNA.",
        graph.of(&["BiospecimenRetention"]),
        |item| when(item.flag("isRetained") == Some(true) && item.flag("includesDNA").is_none()),
    );
    rules.each("DDF00063", Should, "An alias differs from its standard code.", graph.of(&["AliasCode"]), |item| {
        let standard = item.value.get("standardCode").and_then(code)?;
        when(item.codes("standardCodeAliases").iter().any(|alias| {
            alias.system == standard.system
                && alias.version == standard.version
                && (alias.code == standard.code || alias.decode == standard.decode)
        }))
    });
    rules.each(
        "DDF00236",
        Should,
        "A synonym differs from the label of its concept.",
        graph.of(&["BiomedicalConcept"]),
        |item| when(item.ids("synonyms").iter().any(|synonym| synonym.trim().eq_ignore_ascii_case(item.text("label")))),
    );
}

fn number(item: &Item, bound: &str) -> Option<f64> {
    item.child(bound)?.get("value")?.as_f64()
}

fn unit<'a>(item: &Item<'a>, bound: &str) -> Option<&'a str> {
    item.child(bound)?.get("unit").and_then(code).map(|code| code.code)
}

fn quantities(graph: &Graph, rules: &mut Rules) {
    let ranges = || graph.of(&["Range"]);
    rules.each("DDF00241", Must, "The minimum of a range is below its maximum.", ranges(), |item| {
        let (low, high) = (number(item, "minValue")?, number(item, "maxValue")?);
        let comparable = unit(item, "minValue") == unit(item, "maxValue");
        when(comparable && low >= high)
    });
    rules.each("DDF00242", Must, "Both bounds of a range have a unit, or neither.", ranges(), |item| {
        let there = item.child("minValue").is_some() && item.child("maxValue").is_some();
        when(there && unit(item, "minValue").is_some() != unit(item, "maxValue").is_some())
    });
    rules.each(
        "DDF00042",
        Should,
        "A planned age is exact.",
        ranges().filter(|item| item.slot == "plannedAge"),
        |item| when(item.flag("isApproximate") == Some(true)),
    );
    let years = ["C29848", "C29846", "C29844", "C25301", "C25529"];
    rules.each(
        "DDF00237",
        Must,
        "A planned age is in a unit of age.",
        ranges().filter(|item| item.slot == "plannedAge"),
        |item| {
            when(
                ["minValue", "maxValue"]
                    .iter()
                    .filter_map(|bound| unit(item, bound))
                    .any(|unit| !years.contains(&unit)),
            )
        },
    );
    let held = |slot: &'static str| {
        graph.of(&["Quantity"]).filter(move |item| {
            let parent = graph.parent(item);
            item.slot == slot || parent.is_some_and(|parent| parent.class == "Range" && parent.slot == slot)
        })
    };
    for (name, slot, words) in [
        ("DDF00234", "plannedEnrollmentNumber", "A planned number of subjects has no unit."),
        ("DDF00235", "plannedCompletionNumber", "A planned number of completions has no unit."),
    ] {
        rules.each(name, Must, words, held(slot), |item| when(item.has("unit")));
    }
    rules.each("DDF00186", Must, "The denominator of a strength has a unit.", held("denominator"), |item| {
        when(!item.has("unit"))
    });
    let numerators = || held("numerator");
    let ranged = |item: &Item| graph.parent(item).is_some_and(|parent| parent.class == "Range");
    rules.each("DDF00238", Must, "The numerator of a strength has a unit.", numerators(), |item| {
        when(!ranged(item) && !item.has("unit"))
    });
    rules.each("DDF00239", Must, "Both bounds of a strength have a unit.", numerators(), |item| {
        when(ranged(item) && !item.has("unit"))
    });
    rules.each(
        "DDF00017",
        Must,
        "A number of enrolled subjects is a number or a percentage.",
        graph.of(&["SubjectEnrollment"]),
        |item| {
            let unit = item.child("quantity")?.get("unit").and_then(code)?;
            when(unit.code != "C25613" && unit.decode != "%")
        },
    );
    rules.each(
        "DDF00195",
        Must,
        "Enrolment is told for a place, a site or a cohort, one of them.",
        graph.of(&["SubjectEnrollment"]),
        |item| {
            let given = ["forGeographicScope", "forStudyCohortId", "forStudySiteId"];
            when(given.iter().filter(|name| item.has(name)).count() != 1)
        },
    );
}

/// Organisations that the study names as its sponsor.
fn sponsors<'a>(graph: &Graph<'a>, version: &Item<'a>) -> BTreeSet<&'a str> {
    let roles = graph.within(version, "roles").filter(|role| says(role, "code", "C70793", "sponsor"));
    roles.flat_map(|role| role.ids("organizationIds")).collect()
}

fn identifiers(graph: &Graph, rules: &mut Rules) {
    rules.each(
        "DDF00172",
        Must,
        "A study has one identifier of its sponsor.",
        graph.of(&["StudyVersion"]),
        |version| {
            let sponsors = sponsors(graph, version);
            let own =
                graph.within(version, "studyIdentifiers").filter(|one| sponsors.contains(one.text("scopeId"))).count();
            (own != 1).then(|| format!("This one has {own}."))
        },
    );
    let all: Vec<&Item> = graph
        .items
        .iter()
        .filter(|item| item.class.ends_with("Identifier") && item.has("scopeId") && item.has("text"))
        .collect();
    let mut seen = BTreeSet::new();
    let twice = all.iter().filter(|item| !seen.insert((item.class, item.text("scopeId"), item.text("text"))));
    let twice = twice.map(|item| (item.path.clone(), String::new())).collect();
    rules.came_out("DDF00173", Must, "An identifier is given once by an organisation.", all.len(), twice);
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut more = Vec::new();
    for item in graph.of(&["StudyIdentifier"]) {
        let own = count.entry(item.text("scopeId")).or_default();
        *own += 1;
        if *own == 2 {
            more.push((item.path.clone(), String::new()));
        }
    }
    rules.came_out("DDF00174", Should, "An organisation gives a study one identifier.", count.len(), more);
    rules.each("DDF00100", Must, "A study has one title of each kind.", graph.of(&["StudyVersion"]), |version| {
        let kinds: Vec<&str> =
            graph.within(version, "titles").flat_map(|title| title.codes("type")).map(|code| code.code).collect();
        when(kinds.iter().collect::<BTreeSet<_>>().len() != kinds.len())
    });
    rules.each("DDF00115", Must, "A study has an official title.", graph.of(&["StudyVersion"]), |version| {
        when(!graph.within(version, "titles").any(|title| says(title, "type", "C207616", "Official Study Title")))
    });
}

fn roles(graph: &Graph, rules: &mut Rules) {
    let roles = || graph.of(&["StudyRole"]);
    let sponsor = |item: &Item| says(item, "code", "C70793", "sponsor");
    rules.each("DDF00189", Must, "A role belongs to a version, or to designs.", roles(), |item| {
        let applies = item.ids("appliesToIds");
        let version = applies.iter().any(|id| graph.named_as(id, &["StudyVersion"]).is_some());
        let design = applies.iter().any(|id| graph.named_as(id, &DESIGNS).is_some());
        when(version == design)
    });
    rules.each("DDF00190", Must, "A role is held by persons or by organisations.", roles(), |item| {
        when(item.has("assignedPersons") && item.has("organizationIds"))
    });
    rules.each("DDF00201", Must, "A study has one sponsor.", graph.of(&["StudyVersion"]), |version| {
        when(graph.within(version, "roles").filter(|role| sponsor(role)).count() != 1)
    });
    rules.each("DDF00202", Must, "The sponsor is one organisation.", roles().filter(|role| sponsor(role)), |item| {
        when(item.ids("organizationIds").len() != 1)
    });
    rules.each(
        "DDF00203",
        Must,
        "The sponsor's role belongs to a version of the study.",
        roles().filter(|role| sponsor(role)),
        |item| when(!item.ids("appliesToIds").iter().any(|id| graph.named_as(id, &["StudyVersion"]).is_some())),
    );
    let masked = |design: &Item| {
        let version = graph.around(design, &["StudyVersion"]).map(|version| version.id).unwrap_or_default();
        let applies = |role: &&Item| role.ids("appliesToIds").iter().any(|id| *id == design.id || *id == version);
        graph.of(&["StudyRole"]).filter(applies).filter(|role| role.has("masking")).count()
    };
    let designs = || graph.of(&["InterventionalStudyDesign"]).filter(|design| design.has("blindingSchema"));
    let open = |item: &Item| says(item, "blindingSchema", "C49659", "Open Label Study");
    let double = |item: &Item| says(item, "blindingSchema", "C15228", "Double Blind Study");
    rules.each("DDF00191", Should, "An open-label design masks nobody.", designs(), |item| {
        when(open(item) && masked(item) > 0)
    });
    rules.each("DDF00192", Should, "A double-blind design masks two roles at least.", designs(), |item| {
        when(double(item) && masked(item) < 2)
    });
    rules.each("DDF00193", Should, "A blinded design masks one role at least.", designs(), |item| {
        when(!open(item) && !double(item) && masked(item) == 0)
    });
}

fn designs(graph: &Graph, rules: &mut Rules) {
    let designs = || graph.of(&DESIGNS);
    let level = |item: &Item, code: &str| item.codes("level").iter().any(|own| own.code == code);
    rules.each("DDF00041", Must, "A design has a primary endpoint.", designs(), |item| {
        when(!graph.below(item, &["Endpoint"]).iter().any(|endpoint| level(endpoint, "C94496")))
    });
    rules.each("DDF00084", Must, "A design has one primary objective.", designs(), |item| {
        when(graph.within(item, "objectives").filter(|objective| level(objective, "C85826")).count() != 1)
    });
    rules.each(
        "DDF00096",
        Must,
        "A primary endpoint belongs to a primary objective.",
        graph.of(&["Endpoint"]),
        |item| {
            let objective = graph.around(item, &["Objective"])?;
            when(level(item, "C94496") && !level(objective, "C85826"))
        },
    );
    rules.each("DDF00069", Must, "An arm and an epoch have one cell at most.", designs(), |item| {
        let cells: Vec<_> =
            graph.within(item, "studyCells").map(|cell| (cell.text("armId"), cell.text("epochId"))).collect();
        when(cells.iter().collect::<BTreeSet<_>>().len() != cells.len())
    });
    rules.each("DDF00243", Should, "Every arm has a cell for every epoch.", designs(), |item| {
        let cells: BTreeSet<_> =
            graph.within(item, "studyCells").map(|cell| (cell.text("armId"), cell.text("epochId"))).collect();
        let epochs: Vec<&str> = graph.within(item, "epochs").map(|epoch| epoch.id).collect();
        when(graph.within(item, "arms").any(|arm| epochs.iter().any(|epoch| !cells.contains(&(arm.id, *epoch)))))
    });
    rules.each("DDF00227", Must, "An interventional study is an interventional design.", designs(), |item| {
        when(says(item, "studyType", "C98388", "Interventional Study") && item.class != "InterventionalStudyDesign")
    });
    rules.each("DDF00228", Must, "An observational study is an observational design.", designs(), |item| {
        let observes = item.codes("studyType").iter().any(|code| matches!(code.code, "C16084" | "C129000"));
        when(observes && item.class != "ObservationalStudyDesign")
    });
    rules.each(
        "DDF00232",
        Should,
        "The phase of an observational study is not applicable.",
        graph.of(&["ObservationalStudyDesign"]),
        |item| when(item.has("studyPhase") && !says(item, "studyPhase", "C48660", "NOT APPLICABLE")),
    );
    let interventional = || graph.of(&["InterventionalStudyDesign"]);
    rules.each(
        "DDF00213",
        Should,
        "A single group has one intervention, other models have more.",
        interventional(),
        |item| {
            let single =
                says(item, "model", "C82640", "Single Group Design") || says(item, "model", "C82640", "Single Group");
            when(item.has("model") && single != (item.ids("studyInterventionIds").len() == 1))
        },
    );
    rules.each("DDF00101", Should, "A procedure names an intervention.", interventional(), |item| {
        when(!graph.below(item, &["Procedure"]).iter().any(|procedure| procedure.has("studyInterventionId")))
    });
}

fn populations(graph: &Graph, rules: &mut Rules) {
    let populations = || graph.of(&["StudyDesignPopulation"]);
    for (name, attribute, optional, words) in [
        ("DDF00097", "plannedAge", false, "The planned age is told by the population, or by all its cohorts."),
        ("DDF00098", "plannedSex", false, "The planned sex is told by the population, or by all its cohorts."),
        (
            "DDF00132",
            "plannedCompletionNumber",
            true,
            "The planned completions are told by the population, or by all its cohorts.",
        ),
        (
            "DDF00133",
            "plannedEnrollmentNumber",
            true,
            "The planned enrolment is told by the population, or by all its cohorts.",
        ),
    ] {
        rules.each(name, Must, words, populations(), |item| {
            let cohorts: Vec<&Item> = graph.within(item, "cohorts").collect();
            let telling = cohorts.iter().filter(|cohort| cohort.has(attribute)).count();
            let by_all = !cohorts.is_empty() && telling == cohorts.len();
            let right = match (item.has(attribute), telling) {
                (true, 0) => true,
                (false, 0) => optional,
                (own, _) => by_all && !own,
            };
            when(!right)
        });
    }
    rules.each(
        "DDF00188",
        Must,
        "The planned sex is one of them, or both.",
        graph.of(&["StudyDesignPopulation", "StudyCohort"]),
        |item| {
            let sexes: BTreeSet<&str> = item.codes("plannedSex").iter().map(|code| code.code).collect();
            when(item.list("plannedSex").len() > 2 || sexes.len() != item.list("plannedSex").len())
        },
    );
}

fn criteria(graph: &Graph, rules: &mut Rules) {
    let criteria = || graph.of(&["EligibilityCriterion"]);
    let used = |item: &Item, classes: &[&str]| {
        let design = graph.around(item, &DESIGNS);
        design.is_some_and(|design| {
            graph.below(design, classes).iter().any(|one| one.ids("criterionIds").contains(&item.id))
        })
    };
    rules.each("DDF00158", Must, "A criterion is used by a population or a cohort.", criteria(), |item| {
        when(!used(item, &["StudyDesignPopulation", "StudyCohort"]))
    });
    rules.each(
        "DDF00159",
        Must,
        "A criterion is used by a population or by its cohorts, not both.",
        criteria(),
        |item| when(used(item, &["StudyDesignPopulation"]) && used(item, &["StudyCohort"])),
    );
    rules.each("DDF00248", Must, "The text of a criterion is used once in a design.", graph.of(&DESIGNS), |item| {
        let texts: Vec<&str> =
            graph.within(item, "eligibilityCriteria").map(|one| one.text("criterionItemId")).collect();
        when(texts.iter().collect::<BTreeSet<_>>().len() != texts.len())
    });
    let used: BTreeSet<&str> = criteria().map(|one| one.text("criterionItemId")).collect();
    rules.each(
        "DDF00249",
        Should,
        "The text of a criterion is used.",
        graph.of(&["EligibilityCriterionItem"]),
        |item| when(!used.contains(item.id)),
    );
}

fn activities(graph: &Graph, rules: &mut Rules) {
    let activities = || graph.of(&["Activity"]);
    let own = ["timelineId", "definedProcedures", "biomedicalConceptIds", "bcCategoryIds", "bcSurrogateIds"];
    rules.each("DDF00160", Must, "An activity with children collects nothing itself.", activities(), |item| {
        when(item.has("childIds") && own.iter().any(|name| item.has(name)))
    });
    rules.each(
        "DDF00076",
        Should,
        "A concept is named by an activity or by its category, not both.",
        activities(),
        |item| {
            let through: Vec<&str> = item
                .ids("bcCategoryIds")
                .into_iter()
                .filter_map(|id| graph.named_as(id, &["BiomedicalConceptCategory"]))
                .flat_map(|category| category.ids("memberIds"))
                .collect();
            when(item.ids("biomedicalConceptIds").iter().any(|id| through.contains(id)))
        },
    );
}
