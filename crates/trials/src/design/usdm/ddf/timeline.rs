//! Timelines: anchors, windows, exits, decisions.

use super::graph::{DESIGNS, Graph, INSTANCES, Item, code};
use super::{Must, Rules, Should, when};
use crate::design::time::minutes;

fn is_fixed(item: &Item) -> bool {
    let kind = item.value.get("type").and_then(code);
    kind.is_some_and(|kind| kind.code == "C201358" || kind.decode.eq_ignore_ascii_case("fixed reference"))
}

/// An ISO 8601 duration that is not negative.
fn is_duration(text: &str) -> bool {
    text.starts_with('P') && minutes(text).is_some()
}

pub(super) fn run(graph: &Graph, rules: &mut Rules) {
    timings(graph, rules);
    instances(graph, rules);
    timelines(graph, rules);
}

fn timings(graph: &Graph, rules: &mut Rules) {
    let timings = || graph.of(&["Timing"]);
    rules.each("DDF00006", Must, "A window has both bounds and a label, or none of them.", timings(), |item| {
        let given = ["windowLabel", "windowLower", "windowUpper"].iter().filter(|name| item.has(name)).count();
        when(given != 0 && given != 3)
    });
    let (from, to) = ("relativeFromScheduledInstanceId", "relativeToScheduledInstanceId");
    rules.each("DDF00007", Must, "A fixed reference stands on one instance alone.", timings(), |item| {
        when(is_fixed(item) && item.has(to) && item.text(from) != item.text(to))
    });
    rules.each("DDF00011", Must, "A fixed reference names the activity instance that it anchors.", timings(), |item| {
        when(is_fixed(item) && graph.named_as(item.text(from), &["ScheduledActivityInstance"]).is_none())
    });
    rules.each("DDF00025", Must, "A fixed reference has no window.", timings(), |item| {
        when(is_fixed(item) && ["windowLabel", "windowLower", "windowUpper"].iter().any(|name| item.has(name)))
    });
    rules.each(
        "DDF00031",
        Must,
        "A timing that is no fixed reference runs between two instances.",
        timings(),
        |item| when(!is_fixed(item) && (!item.has(from) || !item.has(to) || item.text(from) == item.text(to))),
    );
    rules.each("DDF00036", Must, "A fixed reference is counted from start to start.", timings(), |item| {
        let kind = item.value.get("relativeToFrom").and_then(code);
        when(is_fixed(item) && kind.is_none_or(|kind| !kind.decode.eq_ignore_ascii_case("start to start")))
    });
    for (name, attribute, words) in [
        ("DDF00060", "value", "A timing's value is a duration (ISO 8601) that is not negative."),
        ("DDF00061", "windowLower", "A window's lower bound is a duration (ISO 8601) that is not negative."),
        ("DDF00062", "windowUpper", "A window's upper bound is a duration (ISO 8601) that is not negative."),
    ] {
        rules.each(name, Must, words, timings(), |item| {
            let text = item.text(attribute);
            when((attribute == "value" || !text.is_empty()) && !is_duration(text))
        });
    }
}

fn instances(graph: &Graph, rules: &mut Rules) {
    let activity = || graph.of(&["ScheduledActivityInstance"]);
    let decision = || graph.of(&["ScheduledDecisionInstance"]);
    rules.each("DDF00008", Must, "An instance goes on to another or leaves, one of the two.", activity(), |item| {
        when(item.has("defaultConditionId") == item.has("timelineExitId"))
    });
    rules.each("DDF00019", Must, "An instance is not followed by itself.", graph.of(&INSTANCES), |item| {
        when(!item.id.is_empty() && item.text("defaultConditionId") == item.id)
    });
    rules.each("DDF00026", Must, "An instance does not start the timeline that it stands in.", activity(), |item| {
        let own = graph.around(item, &["ScheduleTimeline"])?;
        when(!own.id.is_empty() && item.text("timelineId") == own.id)
    });
    rules.each("DDF00038", Must, "A decision says where to go when no condition holds.", decision(), |item| {
        when(!item.has("defaultConditionId"))
    });
    rules.each(
        "DDF00044",
        Must,
        "A decision does not lead back to itself at once.",
        graph.of(&["ConditionAssignment"]),
        |item| {
            let own = graph.parent(item)?;
            when(!own.id.is_empty() && item.text("conditionTargetId") == own.id)
        },
    );
    rules.each("DDF00080", Should, "An instance says in which epoch it is.", activity(), |item| {
        let timeline = graph.around(item, &["ScheduleTimeline"])?;
        when(timeline.flag("mainTimeline") == Some(true) && !item.has("epochId"))
    });
}

fn timelines(graph: &Graph, rules: &mut Rules) {
    let timelines = || graph.of(&["ScheduleTimeline"]);
    rules.each("DDF00009", Must, "A timeline has an anchor.", timelines(), |item| {
        when(!graph.within(item, "timings").any(|timing| is_fixed(timing)))
    });
    rules.each("DDF00012", Must, "A design has one main timeline.", graph.of(&DESIGNS), |item| {
        let mains =
            graph.within(item, "scheduleTimelines").filter(|one| one.flag("mainTimeline") == Some(true)).count();
        (mains != 1).then(|| format!("This one has {mains}."))
    });
    rules.each("DDF00037", Must, "A timeline is left somewhere.", timelines(), |item| {
        when(!graph.within(item, "instances").any(|instance| instance.has("timelineExitId")))
    });
    rules.each("DDF00108", Must, "A timeline has an exit.", timelines(), |item| when(!item.has("exits")));
    rules.each("DDF00153", Should, "The main timeline says how long it is planned.", timelines(), |item| {
        when(item.flag("mainTimeline") == Some(true) && !item.has("plannedDuration"))
    });
    rules.each("DDF00099", Should, "Every epoch is used by an instance.", graph.of(&["StudyEpoch"]), |item| {
        let design = graph.around(item, &DESIGNS)?;
        let used = graph.below(design, &INSTANCES).into_iter().any(|instance| instance.text("epochId") == item.id);
        when(!used)
    });
}
