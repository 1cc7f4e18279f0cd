//! The other parts of a design, each as a short form: arms, epochs, elements, objectives, endpoints, criteria.

use model::{Refusal, RefusalKind};
use serde_json::{Value, json};

use super::edit::named;
use super::protocol::{Minter, Protocol, at, gone, items, items_mut, put, relink, text, title, with_id};
use super::skeleton;

/// The longest text of a criterion or an objective.
pub const WORDS_CHARS_MAX: usize = 30_000;
/// Parts of one kind.
const PARTS_MAX: usize = 500;

/// A kind of part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Arms,
    Epochs,
    Elements,
    Objectives,
    Endpoints,
    Criteria,
}

/// One part as a form shows it. What a kind does not have stays empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its id; empty for a new one.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// A few words more, or the whole text of an objective, endpoint or criterion.
    pub words: String,
    /// The code of its type, level or category.
    pub kind: String,
    /// How it begins, for elements.
    pub start: String,
    /// How it ends, for elements.
    pub end: String,
    /// The objective that an endpoint belongs to.
    pub of: String,
}

type Code = (&'static str, &'static str);

const ARM_TYPES: &[Code] = &[
    ("C174266", "Investigational Arm"),
    ("C174267", "Active Comparator Arm"),
    ("C174268", "Placebo Control Arm"),
    ("C174269", "Sham Comparator Arm"),
    ("C174270", "No Intervention Arm"),
    ("C15538", "Protocol Treatment Arm"),
];
const EPOCH_TYPES: &[Code] = &[
    ("C202487", "Screening Epoch"),
    ("C98779", "Run-in Period"),
    ("C125938", "Baseline Epoch"),
    ("C101526", "Treatment Epoch"),
    ("C42872", "Washout Period"),
    ("C165873", "Observation Study Epoch"),
    ("C202578", "Follow-Up Epoch"),
    ("C202577", "Long-term Follow-up Epoch"),
];
const OBJECTIVE_LEVELS: &[Code] = &[
    ("C85826", "Study Primary Objective"),
    ("C85827", "Study Secondary Objective"),
    ("C163559", "Exploratory Objective"),
];
const ENDPOINT_LEVELS: &[Code] =
    &[("C94496", "Primary Endpoint"), ("C139173", "Secondary Endpoint"), ("C170559", "Exploratory Endpoint")];
const CATEGORIES: &[Code] = &[("C25532", "Inclusion Criteria"), ("C25370", "Exclusion Criteria")];

impl Part {
    /// Every kind, in the order of the page.
    pub const ALL: [Self; 6] =
        [Self::Arms, Self::Epochs, Self::Elements, Self::Objectives, Self::Endpoints, Self::Criteria];

    /// Its word in addresses.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Arms => "arms",
            Self::Epochs => "epochs",
            Self::Elements => "elements",
            Self::Objectives => "objectives",
            Self::Endpoints => "endpoints",
            Self::Criteria => "criteria",
        }
    }

    /// From its word in addresses.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.path() == text)
    }

    /// One of them, for people.
    pub const fn one(self) -> &'static str {
        match self {
            Self::Arms => "arm",
            Self::Epochs => "epoch",
            Self::Elements => "element",
            Self::Objectives => "objective",
            Self::Endpoints => "endpoint",
            Self::Criteria => "criterion",
        }
    }

    /// One of them with its article.
    pub fn with_article(self) -> String {
        let article = if self == Self::Criteria { "a" } else { "an" };
        format!("{article} {}", self.one())
    }

    /// All of them, for people.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Arms => "Arms",
            Self::Epochs => "Epochs",
            Self::Elements => "Elements",
            Self::Objectives => "Objectives",
            Self::Endpoints => "Endpoints",
            Self::Criteria => "Eligibility criteria",
        }
    }

    /// What its type can be.
    pub const fn kinds(self) -> &'static [Code] {
        match self {
            Self::Arms => ARM_TYPES,
            Self::Epochs => EPOCH_TYPES,
            Self::Elements => &[],
            Self::Objectives => OBJECTIVE_LEVELS,
            Self::Endpoints => ENDPOINT_LEVELS,
            Self::Criteria => CATEGORIES,
        }
    }

    /// Whether it is a text rather than a name.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Objectives | Self::Endpoints | Self::Criteria)
    }

    const fn list(self) -> &'static str {
        match self {
            Self::Criteria => "eligibilityCriteria",
            Self::Endpoints => "objectives",
            other => other.path(),
        }
    }

    const fn member(self) -> &'static str {
        match self {
            Self::Objectives | Self::Endpoints => "level",
            Self::Criteria => "category",
            _ => "type",
        }
    }
}

/// Every part of a kind, in order.
pub fn entries(protocol: &Protocol, part: Part) -> Vec<Entry> {
    let kind = |one: &Value| at(one, &format!("/{}/code", part.member())).to_owned();
    let usual = |one: &Value| Entry {
        id: text(one, "id").to_owned(),
        label: title(one).to_owned(),
        words: text(one, if part.is_text() { "text" } else { "description" }).to_owned(),
        kind: kind(one),
        start: at(one, "/transitionStartRule/text").to_owned(),
        end: at(one, "/transitionEndRule/text").to_owned(),
        of: String::new(),
    };
    let all = protocol.listed(part.list());
    match part {
        Part::Endpoints => all
            .iter()
            .flat_map(|objective| items(objective, "endpoints").iter().map(move |one| (objective, one)))
            .map(|(objective, one)| Entry { of: text(objective, "id").to_owned(), ..usual(one) })
            .collect(),
        Part::Criteria => {
            let texts = items(protocol.version(), "eligibilityCriterionItems");
            let words = |id: &str| texts.iter().find(|one| text(one, "id") == id).map_or("", |one| text(one, "text"));
            all.iter()
                .map(|one| Entry { words: words(text(one, "criterionItemId")).to_owned(), ..usual(one) })
                .collect()
        }
        _ => all.into_iter().map(usual).collect(),
    }
}

fn invalid(words: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::Invalid, words)
}

fn checked(part: Part, entry: &Entry) -> Result<(), Refusal> {
    if part.is_text() {
        if entry.words.trim().is_empty() {
            return Err(invalid("Enter the text.").at("words", "Enter the text."));
        }
    } else {
        named(&entry.label).map_err(|refusal| refusal.clone().at("label", refusal.words))?;
    }
    for (name, words) in [("words", &entry.words), ("start", &entry.start), ("end", &entry.end)] {
        if words.chars().count() > WORDS_CHARS_MAX {
            let words = format!("Use at most {WORDS_CHARS_MAX} characters.");
            return Err(invalid(words.clone()).at(name, words));
        }
    }
    Ok(())
}

/// Writes a part: a new one where the entry has no id.
pub fn write(protocol: &mut Protocol, part: Part, entry: &Entry) -> Result<(), Refusal> {
    checked(part, entry)?;
    if entry.id.is_empty() {
        return add(protocol, part, entry);
    }
    let mut minter = protocol.minter();
    if part == Part::Criteria {
        let item = items(protocol.design(), part.list()).iter().find(|one| text(one, "id") == entry.id);
        let item = item.map(|one| text(one, "criterionItemId").to_owned()).ok_or_else(gone)?;
        let texts = items_mut(protocol.version_mut()?, "eligibilityCriterionItems")?;
        put(with_id(texts, &item)?, "text", entry.words.trim());
    }
    let list = items_mut(protocol.design_mut()?, part.list())?;
    let map = match part {
        Part::Endpoints => {
            let holder =
                list.iter_mut().find(|one| items(one, "endpoints").iter().any(|one| text(one, "id") == entry.id));
            with_id(items_mut(holder.ok_or_else(gone)?, "endpoints")?, &entry.id)?
        }
        _ => with_id(list, &entry.id)?,
    };
    if part.is_text() {
        if part != Part::Criteria {
            put(map, "text", entry.words.trim());
        }
    } else {
        put(map, "label", entry.label.trim());
        put(map, "description", entry.words.trim());
    }
    if let Some((code, decode)) = part.kinds().iter().find(|(code, _)| *code == entry.kind)
        && map.get(part.member()).and_then(|kind| kind.get("code")).and_then(Value::as_str) != Some(code)
    {
        put(map, part.member(), minter.code(code, decode));
    }
    if part == Part::Elements {
        for (name, words) in [("transitionStartRule", entry.start.trim()), ("transitionEndRule", entry.end.trim())] {
            match map.get_mut(name).and_then(Value::as_object_mut).filter(|_| !words.is_empty()) {
                Some(rule) => put(rule, "text", words),
                None => put(map, name, skeleton::rule(&mut minter, words)),
            }
        }
    }
    Ok(())
}

fn add(protocol: &mut Protocol, part: Part, entry: &Entry) -> Result<(), Refusal> {
    let mut minter = protocol.minter();
    let kind = part.kinds().iter().find(|(code, _)| *code == entry.kind).or(part.kinds().first());
    let kind = kind.copied().unwrap_or_default();
    let (label, words) = (entry.label.trim(), entry.words.trim());
    let number = entries(protocol, part).len();
    if number >= PARTS_MAX {
        return Err(invalid(format!("A study may have {PARTS_MAX} of these.")));
    }
    match part {
        Part::Arms => {
            let mut arm = skeleton::arm(&mut minter, label);
            describe(&mut arm, words, minter.code(kind.0, kind.1));
            let cells = arm_cells(protocol, &mut minter, text(&arm, "id"));
            items_mut(protocol.design_mut()?, "arms")?.push(arm);
            items_mut(protocol.design_mut()?, "studyCells")?.extend(cells);
        }
        Part::Epochs => {
            let mut epoch = skeleton::epoch(&mut minter, label, kind);
            put_if(&mut epoch, "description", words);
            let element = skeleton::element(&mut minter, label, "", "");
            let cells = epoch_cells(protocol, &mut minter, text(&epoch, "id"), text(&element, "id"));
            let list = protocol.list_mut("epochs")?;
            list.push(epoch);
            relink(list);
            items_mut(protocol.design_mut()?, "elements")?.push(element);
            items_mut(protocol.design_mut()?, "studyCells")?.extend(cells);
        }
        Part::Elements => {
            let mut element = skeleton::element(&mut minter, label, entry.start.trim(), entry.end.trim());
            put_if(&mut element, "description", words);
            items_mut(protocol.design_mut()?, "elements")?.push(element);
        }
        Part::Objectives => {
            let value = objective(&mut minter, words, kind);
            items_mut(protocol.design_mut()?, "objectives")?.push(value);
        }
        Part::Endpoints => {
            let value = endpoint(&mut minter, words, kind);
            let list = items_mut(protocol.design_mut()?, "objectives")?;
            let place = list.iter().position(|one| text(one, "id") == entry.of);
            let holder = match place {
                Some(place) => list.get_mut(place),
                None => list.first_mut(),
            };
            let holder = holder.ok_or_else(|| invalid("Write an objective first; an endpoint belongs to one."))?;
            items_mut(holder, "endpoints")?.push(value);
        }
        Part::Criteria => criterion(protocol, &mut minter, words, kind, number)?,
    }
    Ok(())
}

fn describe(part: &mut Value, words: &str, kind: Value) {
    put_if(part, "description", words);
    if let Some(map) = part.as_object_mut() {
        put(map, "type", kind);
    }
}

fn put_if(part: &mut Value, name: &str, words: &str) {
    if let Some(map) = part.as_object_mut().filter(|_| !words.is_empty()) {
        put(map, name, words);
    }
}

/// A new arm begins with the elements of the first.
fn arm_cells(protocol: &Protocol, minter: &mut Minter, arm: &str) -> Vec<Value> {
    let design = protocol.design();
    let first = items(design, "arms").first().map_or("", |one| text(one, "id"));
    let of_first = items(design, "studyCells").iter().filter(|one| text(one, "armId") == first);
    of_first
        .map(|cell| {
            json!({ "id": minter.id("StudyCell"), "extensionAttributes": [], "armId": arm, "epochId": cell.get("epochId"),
                "elementIds": cell.get("elementIds"), "instanceType": "StudyCell" })
        })
        .collect()
}

fn epoch_cells(protocol: &Protocol, minter: &mut Minter, epoch: &str, element: &str) -> Vec<Value> {
    let arms = items(protocol.design(), "arms").iter();
    arms.map(|arm| {
        json!({ "id": minter.id("StudyCell"), "extensionAttributes": [], "armId": text(arm, "id"), "epochId": epoch,
            "elementIds": [element], "instanceType": "StudyCell" })
    })
    .collect()
}

fn objective(minter: &mut Minter, words: &str, kind: Code) -> Value {
    let id = minter.id("Objective");
    json!({ "id": id, "extensionAttributes": [], "name": id, "label": "", "description": "", "text": words,
        "dictionaryId": null, "notes": [], "level": minter.code(kind.0, kind.1), "endpoints": [],
        "instanceType": "Objective" })
}

fn endpoint(minter: &mut Minter, words: &str, kind: Code) -> Value {
    let id = minter.id("Endpoint");
    json!({ "id": id, "extensionAttributes": [], "name": id, "label": "", "description": "", "text": words,
        "dictionaryId": null, "notes": [], "purpose": "", "level": minter.code(kind.0, kind.1), "instanceType": "Endpoint" })
}

fn criterion(
    protocol: &mut Protocol,
    minter: &mut Minter,
    words: &str,
    kind: Code,
    number: usize,
) -> Result<(), Refusal> {
    let (id, item) = (minter.id("EligibilityCriterion"), minter.id("EligibilityCriterionItem"));
    let name = format!("{}{:02}", if kind.0 == "C25532" { "IN" } else { "EX" }, number + 1);
    let value = json!({ "id": id, "extensionAttributes": [], "name": name, "label": "", "description": "",
        "category": minter.code(kind.0, kind.1), "identifier": format!("{:02}", number + 1), "criterionItemId": item,
        "nextId": null, "previousId": null, "notes": [], "instanceType": "EligibilityCriterion" });
    let words = json!({ "id": item, "extensionAttributes": [], "name": name, "label": null, "description": null,
        "text": words, "dictionaryId": null, "notes": [], "instanceType": "EligibilityCriterionItem" });
    items_mut(protocol.version_mut()?, "eligibilityCriterionItems")?.push(words);
    let design = protocol.design_mut()?;
    items_mut(design, "eligibilityCriteria")?.push(value);
    if let Some(population) = design.get_mut("population").filter(|one| one.is_object()) {
        items_mut(population, "criterionIds")?.push(id.into());
    }
    Ok(())
}

/// Takes a part out, with what only it needs.
pub fn remove(protocol: &mut Protocol, part: Part, id: &str) -> Result<(), Refusal> {
    if !entries(protocol, part).iter().any(|entry| entry.id == id) {
        return Err(gone());
    }
    if matches!(part, Part::Arms | Part::Epochs) {
        if entries(protocol, part).len() == 1 {
            return Err(invalid(format!("A study has at least one {}.", part.one())));
        }
        let member = if part == Part::Arms { "armId" } else { "epochId" };
        items_mut(protocol.design_mut()?, "studyCells")?.retain(|cell| text(cell, member) != id);
    }
    if part == Part::Criteria {
        let item = items(protocol.design(), part.list()).iter().find(|one| text(one, "id") == id);
        let item = item.map_or("", |one| text(one, "criterionItemId")).to_owned();
        items_mut(protocol.version_mut()?, "eligibilityCriterionItems")?.retain(|one| text(one, "id") != item);
    }
    if part == Part::Endpoints {
        for objective in items_mut(protocol.design_mut()?, "objectives")? {
            items_mut(objective, "endpoints")?.retain(|one| text(one, "id") != id);
        }
    } else {
        let list = protocol.list_mut(part.list())?;
        list.retain(|one| text(one, "id") != id);
        if matches!(part, Part::Epochs | Part::Criteria) {
            relink(list);
        }
    }
    protocol.forget(id);
    Ok(())
}

/// Which elements an arm has in an epoch.
pub fn set_cell(protocol: &mut Protocol, arm: &str, epoch: &str, elements: &[String]) -> Result<(), Refusal> {
    let known = |part: Part, id: &str| entries(protocol, part).iter().any(|entry| entry.id == id);
    if !known(Part::Arms, arm) || !known(Part::Epochs, epoch) || !elements.iter().all(|id| known(Part::Elements, id)) {
        return Err(gone());
    }
    let id = protocol.minter().id("StudyCell");
    let cells = items_mut(protocol.design_mut()?, "studyCells")?;
    let here = cells.iter_mut().find(|one| text(one, "armId") == arm && text(one, "epochId") == epoch);
    match here.and_then(Value::as_object_mut) {
        Some(cell) => put(cell, "elementIds", elements.to_vec()),
        None => cells.push(json!({ "id": id, "extensionAttributes": [], "armId": arm, "epochId": epoch,
            "elementIds": elements, "instanceType": "StudyCell" })),
    }
    Ok(())
}
