//! A small study of our own, made up from beginning to end.

use serde_json::{Value, json};

fn code(code: &str, decode: &str) -> Value {
    json!({ "id": "", "extensionAttributes": [], "code": code,
        "codeSystem": "http://www.cdisc.org", "codeSystemVersion": "2024-09-27", "decode": decode, "instanceType": "Code" })
}

fn activity(number: usize, label: &str, last: usize) -> Value {
    json!({ "id": format!("A{number}"), "extensionAttributes": [], "name": label.to_uppercase(), "label": label,
        "description": "", "previousId": (number > 1).then(|| format!("A{}", number - 1)),
        "nextId": (number < last).then(|| format!("A{}", number + 1)), "childIds": [], "definedProcedures": [],
        "biomedicalConceptIds": [], "bcCategoryIds": [], "bcSurrogateIds": [], "timelineId": null, "notes": [],
        "instanceType": "Activity" })
}

fn visit(number: usize, label: &str, last: usize) -> Value {
    json!({ "id": format!("E{number}"), "name": format!("V{number}"), "label": label, "type": code("C25716", "Visit"),
        "previousId": (number > 1).then(|| format!("E{}", number - 1)),
        "nextId": (number < last).then(|| format!("E{}", number + 1)), "instanceType": "Encounter" })
}

fn instance(number: usize, epoch: usize, activities: &[usize], last: usize) -> Value {
    let ids: Vec<String> = activities.iter().map(|at| format!("A{at}")).collect();
    json!({ "id": format!("I{number}"), "name": format!("I{number}"), "encounterId": format!("E{number}"),
        "epochId": format!("P{epoch}"), "activityIds": ids,
        "defaultConditionId": (number < last).then(|| format!("I{}", number + 1)),
        "timelineExitId": (number == last).then_some("X1"), "instanceType": "ScheduledActivityInstance" })
}

fn timing(number: usize, kind: (&str, &str), value: &str, window: Option<(&str, &str)>) -> Value {
    json!({ "id": format!("T{number}"), "name": format!("T{number}"), "type": code(kind.0, kind.1), "value": value,
        "valueLabel": value, "relativeToFrom": code("C201355", "Start to Start"),
        "relativeFromScheduledInstanceId": format!("I{number}"), "relativeToScheduledInstanceId": "I2",
        "windowLower": window.map(|(low, _)| low), "windowUpper": window.map(|(_, high)| high),
        "instanceType": "Timing" })
}

/// Two arms, three epochs, three visits, seven activities.
pub(crate) fn study() -> Value {
    let mut study = written();
    number(&mut study, &mut 0);
    study
}

/// Gives every code an id of its own.
fn number(value: &mut Value, count: &mut usize) {
    if value.get("instanceType").is_some_and(|kind| kind == "Code") {
        *count += 1;
        value["id"] = format!("Code_{count}").into();
    }
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|value| number(value, count)),
        Value::Array(items) => items.iter_mut().for_each(|value| number(value, count)),
        _ => {}
    }
}

fn written() -> Value {
    let labels = [
        "Informed consent",
        "Demographics",
        "Vital signs",
        "Hemoglobin",
        "Adverse events",
        "Randomization",
        "Study drug",
    ];
    let activities: Vec<Value> =
        labels.iter().enumerate().map(|(at, label)| activity(at + 1, label, labels.len())).collect();
    let rule = |id: &str, text: &str| json!({ "id": id, "name": id, "text": text, "instanceType": "TransitionRule" });
    let element = |number: usize, label: &str, end: Option<&str>| {
        json!({ "id": format!("L{number}"), "name": format!("L{number}"), "label": label, "description": label,
            "transitionStartRule": rule(&format!("S{number}"), &format!("Start of {label}")),
            "transitionEndRule": end.map(|end| rule(&format!("N{number}"), end)), "instanceType": "StudyElement" })
    };
    let epoch = |number: usize, label: &str, kind: (&str, &str)| {
        json!({ "id": format!("P{number}"), "name": label, "label": label, "type": code(kind.0, kind.1),
            "previousId": (number > 1).then(|| format!("P{}", number - 1)),
            "nextId": (number < 3).then(|| format!("P{}", number + 1)), "instanceType": "StudyEpoch" })
    };
    let arm = |number: usize, label: &str| {
        json!({ "id": format!("R{number}"), "name": label, "label": label, "description": format!("{label} arm"),
            "type": code("C174266", "Investigational Arm"), "instanceType": "StudyArm" })
    };
    let mut cells = Vec::new();
    for (arm, treatment) in [(1, 2), (2, 4)] {
        for (epoch, element) in [(1, 1), (2, treatment), (3, 3)] {
            cells.push(
                json!({ "id": format!("C{arm}{epoch}"), "armId": format!("R{arm}"), "epochId": format!("P{epoch}"),
                "elementIds": [format!("L{element}")], "instanceType": "StudyCell" }),
            );
        }
    }
    let criterion = |number: usize, kind: (&str, &str)| {
        json!({ "id": format!("K{number}"), "name": format!("CRIT{number}"), "category": code(kind.0, kind.1),
            "identifier": format!("{number:02}"), "criterionItemId": format!("J{number}"),
            "instanceType": "EligibilityCriterion" })
    };
    let item = |number: usize, text: &str| {
        json!({ "id": format!("J{number}"), "name": format!("J{number}"), "text": text,
            "instanceType": "EligibilityCriterionItem" })
    };
    json!({
        "usdmVersion": "4.0.0", "systemName": "fixture", "systemVersion": "1",
        "study": { "name": "RIVER", "instanceType": "Study", "versions": [{
            "id": "SV1", "versionIdentifier": "1", "instanceType": "StudyVersion",
            "titles": [{ "id": "TT1", "text": "River water against still water", "type": code("C207616", "Official Study Title"),
                "instanceType": "StudyTitle" }],
            "organizations": [{ "id": "O1", "name": "SPRING", "label": "Spring House", "type": code("C70793", "Sponsor"),
                "instanceType": "Organization" }],
            "roles": [{ "id": "RO1", "name": "SPONSOR", "code": code("C70793", "Sponsor"), "organizationIds": ["O1"],
                "instanceType": "StudyRole" }],
            "studyIdentifiers": [{ "id": "SI1", "text": "RIVER-1", "scopeId": "O1", "instanceType": "StudyIdentifier" }],
            "dateValues": [{ "id": "D1", "name": "D", "type": code("C132352", "Sponsor Approval Date"),
                "dateValue": "2025-02-03", "instanceType": "GovernanceDate" }],
            "eligibilityCriterionItems": [item(1, "<p>Adults who drink water</p>"), item(2, "Cannot swim")],
            "studyInterventions": [{ "id": "SN1", "name": "RIVER", "label": "River water",
                "role": code("C41161", "Experimental Intervention"), "type": code("C1909", "Pharmacologic Substance"),
                "administrations": [], "instanceType": "StudyIntervention" }],
            "studyDesigns": [{
                "id": "SD1", "name": "MAIN", "instanceType": "InterventionalStudyDesign",
                "studyType": code("C98388", "Interventional Study"), "model": code("C82639", "Parallel Study"),
                "arms": [arm(1, "River"), arm(2, "Still")],
                "epochs": [epoch(1, "Screening", ("C202487", "Screening Epoch")),
                    epoch(2, "Treatment", ("C101526", "Treatment Epoch")),
                    epoch(3, "Follow-up", ("C202578", "Follow-Up Epoch"))],
                "elements": [element(1, "Screen", Some("Eligibility known")), element(2, "River", None),
                    element(3, "Follow", Some("Last visit")), element(4, "Still", None)],
                "studyCells": cells,
                "encounters": [visit(1, "Screening", 3), visit(2, "Day 1", 3), visit(3, "Week 2", 3)],
                "activities": activities,
                "population": { "id": "PO1", "name": "POP", "includesHealthySubjects": true,
                    "plannedSex": [code("C49636", "Both")], "instanceType": "StudyDesignPopulation" },
                "objectives": [{ "id": "OB1", "name": "OB1", "text": "To see which water is liked",
                    "level": code("C85826", "Study Primary Objective"), "endpoints": [], "instanceType": "Objective" }],
                "eligibilityCriteria": [criterion(1, ("C25532", "Inclusion")), criterion(2, ("C25370", "Exclusion"))],
                "indications": [],
                "scheduleTimelines": [{
                    "id": "TL1", "name": "Main", "mainTimeline": true, "entryCondition": "Consent", "entryId": "I1",
                    "exits": [{ "id": "X1", "instanceType": "ScheduleTimelineExit" }],
                    "instances": [instance(1, 1, &[1, 2, 3, 4], 3), instance(2, 2, &[3, 6, 7], 3), instance(3, 3, &[3, 4, 5], 3)],
                    "timings": [timing(1, ("C201357", "Before"), "P7D", Some(("P3D", "P3D"))),
                        timing(2, ("C201358", "Fixed Reference"), "P1D", None),
                        timing(3, ("C201356", "After"), "P2W", Some(("P2D", "P2D")))],
                    "instanceType": "ScheduleTimeline"
                }]
            }]
        }] }
    })
}

pub(crate) fn bytes() -> Vec<u8> {
    serde_json::to_vec(&study()).unwrap()
}
