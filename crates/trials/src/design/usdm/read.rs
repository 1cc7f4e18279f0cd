//! From JSON to the typed study. Whatever is missing stays empty; nothing here refuses.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::model::*;
use super::node::Node;
use crate::design::finding::{Notes, Severity, U3_CHAIN, U6_WHOLE};
use crate::design::words::{number, plain};

/// Reads the study; `None` when there is no study design to build from.
pub(crate) fn study(document: &Value, design: usize, notes: &mut Notes) -> Option<Study> {
    let root = Node::root(document).child("study");
    let versions = root.list("versions");
    let Some(version) = versions.first() else {
        notes.find(U6_WHOLE, Severity::Blocker, "/study/versions", "The document holds no version of a study.");
        return None;
    };
    if versions.len() > 1 {
        let words = format!("The document holds {} versions; the first is built.", versions.len());
        notes.find(U6_WHOLE, Severity::Note, "/study/versions", words);
    }
    let designs = version.list("studyDesigns");
    let Some(chosen) = designs.get(design).or_else(|| designs.first()) else {
        let path = format!("{}/studyDesigns", version.path);
        notes.find(U6_WHOLE, Severity::Blocker, path, "The study version holds no study design.");
        return None;
    };
    if designs.len() > 1 {
        let words = format!("The version holds {} designs; one of them is built.", designs.len());
        notes.find(U6_WHOLE, Severity::Note, chosen.path.clone(), words);
    }
    let text = Text { ids: index(document), dictionaries: dictionaries(version) };
    let mut study = head(&root, version);
    study.design = self::design(chosen, version, &text, notes);
    if study.interventions.is_empty() {
        study.interventions = chosen.list("studyInterventions").iter().map(intervention).collect();
    }
    Some(study)
}

fn head(root: &Node, version: &Node) -> Study {
    let mut study = Study { path: version.path.clone(), name: plain(root.raw("name")), ..Study::default() };
    study.version = version.text("versionIdentifier");
    for title in version.list("titles") {
        let kind = title.code("type").unwrap_or_default();
        let words = plain(title.raw("text"));
        match kind.decode.to_lowercase().as_str() {
            "study acronym" => study.acronym = words,
            "official study title" => study.title = words,
            _ if study.title.is_empty() => study.title = words,
            _ => {}
        }
    }
    identifiers(version, &mut study);
    for date in version.list("dateValues") {
        study.dates.push((date.code("type").unwrap_or_default().decode, date.text("dateValue")));
    }
    study.amendments = version.list("amendments").len();
    study.concepts = version.list("biomedicalConcepts").iter().map(concept).collect();
    study.surrogates = version.list("bcSurrogates").iter().map(Node::named).collect();
    study.interventions = version.list("studyInterventions").iter().map(intervention).collect();
    for product in version.list("administrableProducts") {
        if let Some(class) = product.code("pharmacologicClass") {
            study.classes.push((class, product.path.clone()));
        }
    }
    let condition = |node: &Node| Condition {
        path: node.path.clone(),
        words: plain(node.raw("text")),
        applies: node.texts("appliesToIds"),
        contexts: node.texts("contextIds"),
    };
    study.conditions = version.list("conditions").iter().map(condition).collect();
    let references = version.list("referenceIdentifiers");
    study.pediatric_plan = references
        .iter()
        .filter_map(|reference| reference.code("type"))
        .any(|kind| kind.decode.to_lowercase().contains("pediatric investigation plan"));
    study
}

const EU: [&str; 27] = [
    "AUT", "BEL", "BGR", "HRV", "CYP", "CZE", "DNK", "EST", "FIN", "FRA", "DEU", "GRC", "HUN", "IRL", "ITA", "LVA",
    "LTU", "LUX", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "ESP", "SWE",
];

fn identifiers(version: &Node, study: &mut Study) {
    let organizations = version.list("organizations");
    let sponsors: HashSet<String> = version
        .list("roles")
        .iter()
        .filter(|role| role.code("code").is_some_and(|code| code.code == "C70793"))
        .flat_map(|role| role.texts("organizationIds"))
        .collect();
    let kinds: HashMap<String, (String, String, bool)> = organizations
        .iter()
        .map(|organization| {
            let kind = organization.code("type").unwrap_or_default();
            let title = organization.named().title().to_owned();
            let id = organization.text("id");
            let sponsor = sponsors.contains(&id) || (sponsors.is_empty() && kind.code == "C70793");
            (id, (kind.code, title, sponsor))
        })
        .collect();
    for identifier in version.list("studyIdentifiers") {
        let words = identifier.text("text");
        let (kind, title, sponsor) = kinds.get(&identifier.text("scopeId")).cloned().unwrap_or_default();
        if sponsor && study.identifier.is_empty() {
            study.identifier = words;
            study.sponsor = title;
        } else if kind == "C93453" || !sponsor {
            study.registries.push((words, title, identifier.path.clone()));
        }
    }
    let sites: Vec<Node> = organizations.iter().flat_map(|organization| organization.list("managedSites")).collect();
    let european = |site: &&Node| site.code("country").is_some_and(|country| EU.contains(&country.code.as_str()));
    study.sites = sites.len();
    study.eu_sites = sites.iter().filter(european).count();
}

fn concept(node: &Node) -> Concept {
    let property = |node: &Node| Property {
        name: node.text("name"),
        code: node.code("code"),
        responses: node.list("responseCodes").iter().filter_map(|response| response.code("code")).collect(),
    };
    Concept {
        named: node.named(),
        reference: node.text("reference"),
        code: node.code("code"),
        synonyms: node.texts("synonyms"),
        properties: node.list("properties").iter().map(property).collect(),
    }
}

fn intervention(node: &Node) -> Intervention {
    let administration = |node: &Node| Administration {
        dose: node.quantity("dose"),
        route: node.code("route"),
        frequency: node.code("frequency"),
        duration: node.child("duration").quantity("quantity"),
    };
    Intervention {
        named: node.named(),
        role: node.code("role"),
        kind: node.code("type"),
        administrations: node.list("administrations").iter().map(administration).collect(),
    }
}

fn design(node: &Node, version: &Node, text: &Text, notes: &mut Notes) -> Design {
    let mut design = Design { path: node.path.clone(), ..Design::default() };
    design.observational = node.text("instanceType") == "ObservationalStudyDesign";
    design.kind = node.code("studyType");
    design.phase = node.code("studyPhase");
    design.model = node.code("model").or_else(|| node.code("interventionModel"));
    design.blinding = node.code("blindingSchema");
    design.intents = [node.codes("intentTypes"), node.codes("trialIntentTypes")].concat();
    design.subtypes = [node.codes("subTypes"), node.codes("trialTypes")].concat();
    design.areas = node.codes("therapeuticAreas");
    design.characteristics = node.codes("characteristics");
    design.time_perspective = node.code("timePerspective");
    design.sampling = node.code("samplingMethod");
    design.arms = node
        .list("arms")
        .iter()
        .map(|arm| Arm { named: arm.named(), kind: arm.code("type"), ..Arm::default() })
        .collect();
    design.epochs = chain(node, "epochs", notes)
        .iter()
        .map(|epoch| Epoch { named: epoch.named(), kind: epoch.code("type"), ..Epoch::default() })
        .collect();
    design.elements = node.list("elements").iter().map(|element| self::element(element, text)).collect();
    design.cells = node.list("studyCells").iter().map(cell).collect();
    design.encounters =
        chain(node, "encounters", notes).iter().map(|encounter| self::encounter(encounter, text)).collect();
    design.activities = chain(node, "activities", notes).iter().map(activity).collect();
    let timelines = [node.list("scheduleTimelines"), node.list("studyScheduleTimelines")].concat();
    design.timelines = timelines.iter().map(timeline).collect();
    design.criteria = criteria(node, version, text);
    design.objectives = node.list("objectives").iter().map(|objective| self::objective(objective, text)).collect();
    design.indications = node
        .list("indications")
        .iter()
        .map(|indication| {
            let code = indication.codes("codes").into_iter().next();
            (indication.named(), code, indication.flag("isRareDisease") == Some(true))
        })
        .collect();
    design.population = population(&node.child("population"));
    design.retained = node
        .list("biospecimenRetentions")
        .iter()
        .map(|retention| (retention.named().title().to_owned(), retention.flag("includesDNA")))
        .collect();
    design
}

fn element(node: &Node, text: &Text) -> Element {
    Element {
        named: node.named(),
        start: text.plain(&node.child("transitionStartRule"), "text"),
        end: text.plain(&node.child("transitionEndRule"), "text"),
        ..Element::default()
    }
}

fn cell(node: &Node) -> StudyCell {
    StudyCell {
        arm: node.text("armId"),
        epoch: node.text("epochId"),
        elements: node.texts("elementIds"),
        path: node.path.clone(),
    }
}

fn encounter(node: &Node, text: &Text) -> Encounter {
    Encounter {
        named: node.named(),
        scheduled_at: node.text("scheduledAtId"),
        start: text.plain(&node.child("transitionStartRule"), "text"),
        end: text.plain(&node.child("transitionEndRule"), "text"),
        modes: node.codes("contactModes"),
    }
}

fn activity(node: &Node) -> Activity {
    Activity {
        named: node.named(),
        children: node.texts("childIds"),
        concepts: node.texts("biomedicalConceptIds"),
        surrogates: node.texts("bcSurrogateIds"),
        procedures: node.list("definedProcedures").iter().map(|node| (node.named(), node.code("code"))).collect(),
        timeline: node.text("timelineId"),
    }
}

fn timeline(node: &Node) -> Timeline {
    Timeline {
        named: node.named(),
        main: node.flag("mainTimeline") == Some(true),
        entry: node.text("entryId"),
        entry_condition: plain(node.raw("entryCondition")),
        instances: node.list("instances").iter().map(instance).collect(),
        timings: node.list("timings").iter().map(timing).collect(),
        planned: node.child("plannedDuration").quantity("quantity"),
    }
}

fn instance(node: &Node) -> Instance {
    let branches = node.list("conditionAssignments");
    Instance {
        named: node.named(),
        next: node.text("defaultConditionId"),
        branches: branches
            .iter()
            .map(|branch| (plain(branch.raw("condition")), branch.text("conditionTargetId")))
            .collect(),
        epoch: node.text("epochId"),
        encounter: node.text("encounterId"),
        activities: node.texts("activityIds"),
        timeline: node.text("timelineId"),
        exit: node.text("timelineExitId"),
    }
}

fn timing(node: &Node) -> Timing {
    let kind = node.code("type").unwrap_or_default();
    let (lower, upper) = (node.text("windowLower"), node.text("windowUpper"));
    Timing {
        id: node.text("id"),
        path: node.path.clone(),
        relation: match (kind.code.as_str(), kind.decode.to_lowercase().as_str()) {
            ("C201358", _) | (_, "fixed reference") => Relation::Fixed,
            ("C201357", _) | (_, "before") => Relation::Before,
            _ => Relation::After,
        },
        value: node.text("value"),
        from: node.text("relativeFromScheduledInstanceId"),
        to: node.text("relativeToScheduledInstanceId"),
        window: (!lower.is_empty() || !upper.is_empty()).then_some((lower, upper)),
    }
}

fn criteria(node: &Node, version: &Node, text: &Text) -> Vec<Criterion> {
    let items: HashMap<String, Node> =
        version.list("eligibilityCriterionItems").into_iter().map(|item| (item.text("id"), item)).collect();
    let mut listed = node.list("eligibilityCriteria");
    if listed.is_empty() {
        listed = node.child("population").list("criteria");
    }
    let read = |criterion: &Node| {
        let words = match items.get(&criterion.text("criterionItemId")) {
            Some(item) => text.plain(item, "text"),
            None => text.plain(criterion, "text"),
        };
        let category = criterion.code("category").unwrap_or_default();
        Criterion {
            named: criterion.named(),
            identifier: criterion.text("identifier"),
            inclusion: category.code == "C25532" || category.decode.to_lowercase().starts_with("incl"),
            words,
            ..Criterion::default()
        }
    };
    listed.iter().map(read).collect()
}

fn objective(node: &Node, text: &Text) -> Objective {
    let settled = |words: String| if is_placeholder(&words) { String::new() } else { words };
    let endpoint =
        |endpoint: &Node| (endpoint.code("level").unwrap_or_default().code, settled(text.plain(endpoint, "text")));
    Objective {
        level: node.code("level").unwrap_or_default().code,
        words: text.plain(node, "text"),
        endpoints: node.list("endpoints").iter().map(endpoint).collect(),
    }
}

/// Words that stand where something is still to be written.
pub(crate) fn is_placeholder(words: &str) -> bool {
    let key = crate::design::words::key(words);
    matches!(key.as_str(), "tbd" | "tbc" | "to be determined" | "to be confirmed" | "n a" | "xxx" | "none set")
        || key.starts_with("to be determined")
}

fn population(node: &Node) -> Population {
    let age = node.child("plannedAge");
    Population {
        path: node.path.clone(),
        healthy: node.flag("includesHealthySubjects"),
        planned: node.quantity("plannedEnrollmentNumber").map(|number| number.value).or_else(|| {
            let number = node.child("plannedEnrollmentNumber");
            number.quantity("maxValue").map(|number| number.value).or_else(|| number.number("maxValue"))
        }),
        sexes: node.codes("plannedSex"),
        age_min: age.quantity("minValue").or_else(|| bare(&age, "minValue")),
        age_max: age.quantity("maxValue").or_else(|| bare(&age, "maxValue")),
        cohorts: node.list("cohorts").len(),
    }
}

/// A bound of a range as USDM 3 writes it: a number, the unit beside it.
fn bare(node: &Node, name: &str) -> Option<Quantity> {
    Some(Quantity { value: node.number(name)?, unit: node.code("unit").unwrap_or_default() })
}

/// The elements of a list in the order of their previous and next references.
fn chain<'a>(node: &Node<'a>, name: &str, notes: &mut Notes) -> Vec<Node<'a>> {
    let listed = node.list(name);
    let at: HashMap<String, usize> = listed.iter().enumerate().map(|(at, item)| (item.text("id"), at)).collect();
    let starts: Vec<usize> =
        (0..listed.len()).filter(|at| listed.get(*at).is_some_and(|item| item.text("previousId").is_empty())).collect();
    let mut seen = HashSet::new();
    let mut order = Vec::new();
    let mut next = starts.first().copied();
    while let Some(here) = next.filter(|here| seen.insert(*here)) {
        order.push(here);
        next = listed.get(here).and_then(|item| at.get(&item.text("nextId")).copied());
    }
    if order.len() == listed.len() {
        return order.iter().filter_map(|at| listed.get(*at).cloned()).collect();
    }
    let words = format!(
        "previousId and nextId order {} of {} {name}; the order of the document is used.",
        order.len(),
        listed.len()
    );
    notes.find(U3_CHAIN, Severity::Warning, format!("{}/{name}", node.path), words);
    listed
}

/// Resolves the tags and references that template texts hold.
struct Text<'a> {
    ids: HashMap<&'a str, &'a Value>,
    dictionaries: HashMap<String, HashMap<String, String>>,
}

fn index(document: &Value) -> HashMap<&str, &Value> {
    let mut ids = HashMap::new();
    let mut open = vec![document];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                if let Some(id) = fields.get("id").and_then(Value::as_str) {
                    ids.insert(id, value);
                }
                open.extend(fields.values());
            }
            _ => {}
        }
    }
    ids
}

fn dictionaries(version: &Node) -> HashMap<String, HashMap<String, String>> {
    let maps = |dictionary: &Node| {
        let map = |entry: &Node| (entry.text("tag"), entry.raw("reference").to_owned());
        dictionary.list("parameterMaps").iter().map(map).collect()
    };
    version.list("dictionaries").iter().map(|dictionary| (dictionary.text("id"), maps(dictionary))).collect()
}

impl Text<'_> {
    fn plain(&self, node: &Node, name: &str) -> String {
        let raw = node.raw(name);
        if !raw.contains("<usdm:") {
            return plain(raw);
        }
        let empty = HashMap::new();
        let tags = self.dictionaries.get(&node.text("dictionaryId")).unwrap_or(&empty);
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        // Texts may refer to texts; one level is resolved, so that no circle can be walked.
        while let Some(at) = rest.find("<usdm:") {
            out.push_str(rest.get(..at).unwrap_or(""));
            let after = rest.get(at..).unwrap_or("");
            let end = after.find('>').map_or(after.len(), |end| end + 1);
            let tag = after.get(..end).unwrap_or("");
            let reference = match attribute(tag, "name") {
                Some(name) => tags.get(name).map_or("", String::as_str),
                None => tag,
            };
            out.push_str(&self.referred(reference));
            rest = after.get(end..).unwrap_or("");
        }
        out.push_str(rest);
        plain(&out)
    }

    fn referred(&self, reference: &str) -> String {
        let value = attribute(reference, "id").and_then(|id| self.ids.get(id));
        let value = value.zip(attribute(reference, "attribute")).and_then(|(value, name)| value.get(name));
        match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(value)) => value.as_f64().map(number).unwrap_or_default(),
            _ => String::new(),
        }
    }
}

/// The value of an attribute in a tag.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let at = tag.find(&format!("{name}=\""))? + name.len() + 2;
    tag.get(at..)?.split('"').next()
}
