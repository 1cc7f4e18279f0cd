//! A study from nothing: what a new study has before anybody has written it.

use serde_json::{Value, json};

use super::protocol::{Minter, Protocol};

/// What is asked for at the beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beginning {
    /// The official title.
    pub title: String,
    /// What the sponsor calls the study.
    pub identifier: String,
    /// A short name.
    pub acronym: String,
    /// The sponsor.
    pub sponsor: String,
    /// Labels of the arms; one called “Treatment” if there are none.
    pub arms: Vec<String>,
}

/// A study with arms, three epochs and an empty schedule.
pub fn begin(beginning: &Beginning) -> Protocol {
    let mut minter = Protocol::of(Value::Null).minter();
    let usual = ["Treatment".to_owned()];
    let labels = if beginning.arms.is_empty() { &usual[..] } else { &beginning.arms };
    let arms: Vec<Value> = labels.iter().map(|label| arm(&mut minter, label)).collect();
    let epochs = epochs(&mut minter);
    let mut elements = Vec::new();
    let mut cells = Vec::new();
    let screening = element(&mut minter, "Screening", "Informed consent", "All screening activities are done");
    let follow = element(&mut minter, "Follow-up", "Last dose", "Last visit of the study");
    for arm in &arms {
        let label = arm["label"].as_str().unwrap_or("Treatment");
        let treatment = element(&mut minter, label, "First dose", "Last dose");
        let by_epoch = [&screening, &treatment, &follow];
        for (epoch, element) in epochs.iter().zip(by_epoch) {
            cells.push(json!({ "id": minter.id("StudyCell"), "extensionAttributes": [], "armId": arm["id"],
                "epochId": epoch["id"], "elementIds": [element["id"]], "instanceType": "StudyCell" }));
        }
        elements.push(treatment);
    }
    elements.insert(0, screening);
    elements.push(follow);
    let design =
        design(&mut minter, json!({ "arms": arms, "epochs": epochs, "elements": elements, "studyCells": cells }));
    let version = version(&mut minter, beginning, design);
    let name = [&beginning.acronym, &beginning.identifier, &beginning.title].into_iter().find(|text| !text.is_empty());
    Protocol::of(json!({
        "usdmVersion": "4.0.0", "systemName": "Candor trial designer", "systemVersion": env!("CARGO_PKG_VERSION"),
        "study": { "id": null, "name": name.map_or("Study", |name| name.as_str()), "description": null, "label": null,
            "versions": [version], "documentedBy": [], "instanceType": "Study" }
    }))
}

/// A new arm.
pub(crate) fn arm(minter: &mut Minter, label: &str) -> Value {
    json!({ "id": minter.id("StudyArm"), "extensionAttributes": [], "name": label, "label": label, "description": label,
        "type": minter.code("C174266", "Investigational Arm"),
        "dataOriginDescription": "Data collected from participants",
        "dataOriginType": minter.code("C188866", "Data Generated Within Study"),
        "populationIds": [], "notes": [], "instanceType": "StudyArm" })
}

/// A new epoch.
pub(crate) fn epoch(minter: &mut Minter, label: &str, kind: (&str, &str)) -> Value {
    json!({ "id": minter.id("StudyEpoch"), "extensionAttributes": [], "name": label, "label": label,
        "description": "", "type": minter.code(kind.0, kind.1), "previousId": null, "nextId": null, "notes": [],
        "instanceType": "StudyEpoch" })
}

/// A new element.
pub(crate) fn element(minter: &mut Minter, label: &str, start: &str, end: &str) -> Value {
    let start = rule(minter, start);
    let end = rule(minter, end);
    json!({ "id": minter.id("StudyElement"), "extensionAttributes": [], "name": label, "label": label,
        "description": label, "transitionStartRule": start, "transitionEndRule": end, "studyInterventionIds": [],
        "notes": [], "instanceType": "StudyElement" })
}

/// A rule in words, or none.
pub(crate) fn rule(minter: &mut Minter, words: &str) -> Value {
    if words.is_empty() {
        return Value::Null;
    }
    let id = minter.id("TransitionRule");
    json!({ "id": id, "extensionAttributes": [], "name": id, "label": null, "description": null, "text": words,
        "instanceType": "TransitionRule" })
}

fn epochs(minter: &mut Minter) -> Vec<Value> {
    let mut all = vec![
        epoch(minter, "Screening", ("C202487", "Screening Epoch")),
        epoch(minter, "Treatment", ("C101526", "Treatment Epoch")),
        epoch(minter, "Follow-up", ("C202578", "Follow-Up Epoch")),
    ];
    super::protocol::relink(&mut all);
    all
}

fn design(minter: &mut Minter, parts: Value) -> Value {
    let exit = minter.id("ScheduleTimelineExit");
    let mut design = json!({
        "id": minter.id("InterventionalStudyDesign"), "extensionAttributes": [], "name": "MAIN", "label": "Main design",
        "description": "", "rationale": "", "studyType": minter.code("C98388", "Interventional Study"),
        "studyPhase": null, "therapeuticAreas": [], "characteristics": [], "encounters": [], "activities": [],
        "estimands": [], "indications": [], "studyInterventionIds": [], "objectives": [],
        "population": { "id": minter.id("StudyDesignPopulation"), "extensionAttributes": [], "name": "POPULATION",
            "label": "", "description": "", "includesHealthySubjects": false, "plannedEnrollmentNumber": null,
            "plannedCompletionNumber": null, "plannedSex": [minter.code("C49636", "Both")], "criterionIds": [],
            "plannedAge": null, "notes": [], "cohorts": [], "instanceType": "StudyDesignPopulation" },
        "scheduleTimelines": [{ "id": minter.id("ScheduleTimeline"), "extensionAttributes": [], "name": "Main",
            "label": "Main timeline", "description": "", "mainTimeline": true, "entryCondition": "Informed consent",
            "entryId": "", "exits": [{ "id": exit, "extensionAttributes": [], "instanceType": "ScheduleTimelineExit" }],
            "timings": [], "instances": [], "plannedDuration": null, "instanceType": "ScheduleTimeline" }],
        "biospecimenRetentions": [], "documentVersionIds": [], "eligibilityCriteria": [], "analysisPopulations": [],
        "notes": [], "subTypes": [], "model": minter.code("C82639", "Parallel Study"), "intentTypes": [],
        "blindingSchema": null, "instanceType": "InterventionalStudyDesign",
    });
    if let (Some(whole), Value::Object(parts)) = (design.as_object_mut(), parts) {
        whole.extend(parts);
    }
    design
}

fn version(minter: &mut Minter, beginning: &Beginning, design: Value) -> Value {
    let mut titles = vec![json!({ "id": minter.id("StudyTitle"), "extensionAttributes": [], "text": beginning.title,
        "type": minter.code("C207616", "Official Study Title"), "instanceType": "StudyTitle" })];
    if !beginning.acronym.is_empty() {
        titles.push(json!({ "id": minter.id("StudyTitle"), "extensionAttributes": [], "text": beginning.acronym,
            "type": minter.code("C207646", "Study Acronym"), "instanceType": "StudyTitle" }));
    }
    let sponsor = if beginning.sponsor.is_empty() { "Sponsor" } else { &beginning.sponsor };
    let organisation = minter.id("Organization");
    json!({
        "id": minter.id("StudyVersion"), "extensionAttributes": [], "versionIdentifier": "1", "rationale": "",
        "documentVersionIds": [], "dateValues": [], "amendments": [], "businessTherapeuticAreas": [],
        "studyIdentifiers": [{ "id": minter.id("StudyIdentifier"), "extensionAttributes": [],
            "text": beginning.identifier, "scopeId": organisation, "instanceType": "StudyIdentifier" }],
        "referenceIdentifiers": [], "studyDesigns": [design], "titles": titles, "eligibilityCriterionItems": [],
        "narrativeContentItems": [], "abbreviations": [],
        "roles": [{ "id": minter.id("StudyRole"), "extensionAttributes": [], "name": "SPONSOR", "label": "Sponsor",
            "description": "", "code": minter.code("C70793", "Clinical Study Sponsor"), "appliesToIds": [],
            "assignedPersons": [], "organizationIds": [organisation], "masking": null, "notes": [],
            "instanceType": "StudyRole" }],
        "organizations": [{ "id": organisation, "extensionAttributes": [], "name": sponsor, "label": sponsor,
            "type": minter.code("C70793", "Clinical Study Sponsor"), "identifierScheme": "Sponsor",
            "identifier": sponsor, "legalAddress": null, "managedSites": [], "instanceType": "Organization" }],
        "studyInterventions": [], "administrableProducts": [], "medicalDevices": [], "productOrganizationRoles": [],
        "biomedicalConcepts": [], "bcCategories": [], "bcSurrogates": [], "dictionaries": [], "conditions": [],
        "notes": [], "instanceType": "StudyVersion",
    })
}
