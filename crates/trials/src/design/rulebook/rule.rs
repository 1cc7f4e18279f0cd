//! One rule file: scope, check, outcome. Whatever is not known by name is refused.

use std::collections::HashMap;

use serde_json::Value;

use super::operators::{Operation, Operator};
use super::table::{Datum, Table};

/// A rule that can be run.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) words: String,
    pub(super) message: String,
    pub(super) source: String,
    pub(super) output: Vec<String>,
    /// Findings per record; otherwise one for the dataset.
    pub(super) per_record: bool,
    pub(super) check: Check,
    pub(super) operations: Vec<Operation>,
    domains: Filter,
    classes: Filter,
    entities: Filter,
    joins: Vec<Join>,
}

/// A tree of conditions; true means that the rule is broken.
#[derive(Debug)]
pub(super) enum Check {
    All(Vec<Check>),
    Any(Vec<Check>),
    Not(Box<Check>),
    One(Condition),
}

/// One condition.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) target: String,
    pub(super) operator: Operator,
    pub(super) value: Value,
    pub(super) literal: bool,
    pub(super) within: Vec<String>,
    pub(super) ordering: Option<String>,
    pub(super) length: Option<usize>,
    pub(super) pattern: Option<regex::Regex>,
}

#[derive(Debug, Default)]
struct Filter {
    include: Vec<String>,
    exclude: Vec<String>,
}

#[derive(Debug)]
struct Join {
    name: String,
    keys: Vec<String>,
}

type Refused = (String, String, String);

impl Rule {
    pub(super) fn read(value: &Value, file: &str) -> Result<Rule, Refused> {
        let text = |path: &[&str]| path.iter().try_fold(value, |value, name| value.get(name)).and_then(Value::as_str);
        let id = text(&["Core", "Id"]).unwrap_or(file).to_owned();
        let words = text(&["Description"]).unwrap_or_default().trim().to_owned();
        let refused = |why: String| (id.clone(), words.clone(), why);
        let kind = text(&["Rule Type"]).unwrap_or("Record Data");
        if kind != "Record Data" {
            return Err(refused(format!("the kind of rule \"{kind}\" is not known here")));
        }
        known(
            value,
            &[
                "Authorities",
                "Check",
                "Core",
                "Description",
                "Executability",
                "Match Datasets",
                "Operations",
                "Outcome",
                "Rule Type",
                "Scope",
                "Sensitivity",
                "Grouping Variables",
            ],
            "the section",
        )
        .map_err(refused)?;
        let check = value.get("Check").ok_or_else(|| refused("there is no Check".to_owned()))?;
        let check = Check::read(check, 0).map_err(refused)?;
        let operations = list(value.get("Operations"));
        let operations = operations.iter().map(Operation::read).collect::<Result<_, _>>().map_err(refused)?;
        let joins = list(value.get("Match Datasets"));
        let joins = joins.iter().map(Join::read).collect::<Result<_, _>>().map_err(refused)?;
        let outcome = value.get("Outcome");
        let scope = value.get("Scope");
        let filter = |name: &str| Filter::read(scope.and_then(|scope| scope.get(name)));
        let sensitivity = text(&["Sensitivity"]).unwrap_or("Record");
        Ok(Rule {
            message: text(&["Outcome", "Message"]).unwrap_or(&words).trim().to_owned(),
            source: source(value).unwrap_or_else(|| file.to_owned()),
            output: texts(outcome.and_then(|outcome| outcome.get("Output Variables"))),
            per_record: matches!(sensitivity, "Record" | "Value" | "Variable"),
            check,
            operations,
            domains: filter("Domains"),
            classes: filter("Classes"),
            entities: filter("Entities"),
            joins,
            id: id.clone(),
            words: words.clone(),
        })
    }

    pub(super) fn is_for(&self, table: &Table) -> bool {
        if table.entity {
            return !self.entities.include.is_empty() && self.entities.takes(&table.name);
        }
        self.entities.include.is_empty() && self.domains.takes(&table.name) && self.classes.takes(&table.class)
    }

    /// The table with the columns of the datasets that the rule matches; `None` when one of them is not there.
    pub(super) fn joined(&self, table: &Table, tables: &[Table]) -> Option<Option<Table>> {
        let mut joined: Option<Table> = None;
        for join in &self.joins {
            let other = tables.iter().find(|other| other.name == join.name && other.entity == table.entity)?;
            if other.name == table.name {
                continue;
            }
            joined = Some(join.apply(joined.as_ref().unwrap_or(table), other)?);
        }
        Some(joined)
    }
}

/// The rule's number at its publisher.
fn source(value: &Value) -> Option<String> {
    let authority = value.get("Authorities")?.as_array()?.first()?;
    let standard = authority.get("Standards")?.as_array()?.first()?;
    let reference = standard.get("References")?.as_array()?.first()?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = text(reference.get("Rule Identifier").and_then(|number| number.get("Id")));
    let name = text(standard.get("Name"));
    let version = standard.get("Version").map(|version| version.as_str().map_or(version.to_string(), str::to_owned));
    Some(format!("{} {} {number}", name, version.unwrap_or_default()).trim().to_owned())
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        other => list(other).iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}

/// Refuses members that are not known by name.
fn known(value: &Value, names: &[&str], what: &str) -> Result<(), String> {
    let members = value.as_object().ok_or_else(|| format!("{what} is not a record"))?;
    match members.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(format!("{what} \"{name}\" is not known here")),
        None => Ok(()),
    }
}

const DEPTH_MAX: usize = 20;

impl Check {
    fn read(value: &Value, depth: usize) -> Result<Check, String> {
        if depth > DEPTH_MAX {
            return Err(format!("the check is nested deeper than {DEPTH_MAX} levels"));
        }
        let inner = |value: &Value| -> Result<Vec<Check>, String> {
            let list = value.as_array().ok_or("all and any hold lists")?;
            list.iter().map(|one| Check::read(one, depth + 1)).collect()
        };
        let members = value.as_object().ok_or("a check is a record")?;
        match (members.len(), members.iter().next()) {
            (1, Some((name, value))) if name == "all" => Ok(Check::All(inner(value)?)),
            (1, Some((name, value))) if name == "any" => Ok(Check::Any(inner(value)?)),
            (1, Some((name, value))) if name == "not" => Ok(Check::Not(Box::new(Check::read(value, depth + 1)?))),
            _ => Ok(Check::One(Condition::read(value)?)),
        }
    }
}

impl Condition {
    fn read(value: &Value) -> Result<Condition, String> {
        let names = [
            "name",
            "operator",
            "value",
            "value_is_literal",
            "within",
            "order",
            "ordering",
            "prefix",
            "suffix",
            "negative",
        ];
        known(value, &names, "the setting of a condition")?;
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let operator = text("operator").ok_or("a condition has no operator")?;
        let operator =
            Operator::named(operator).ok_or_else(|| format!("the operator \"{operator}\" is not known here"))?;
        let wanted = value.get("value").cloned().unwrap_or(Value::Null);
        let pattern = if operator.is_pattern() {
            // The publisher's patterns are matched from the beginning of a value.
            let pattern = wanted.as_str().ok_or("a pattern is a text")?;
            let made = regex::RegexBuilder::new(&format!("^(?:{pattern})")).size_limit(1 << 20).build();
            Some(made.map_err(|_| "the pattern cannot be run here".to_owned())?)
        } else {
            None
        };
        let count = |name: &str| value.get(name).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
        Ok(Condition {
            target: text("name").unwrap_or_default().to_owned(),
            operator,
            literal: value.get("value_is_literal").and_then(Value::as_bool).unwrap_or(false),
            within: texts(value.get("within")),
            ordering: text("ordering").or(text("order")).map(str::to_owned),
            length: count("prefix").or(count("suffix")),
            value: wanted,
            pattern,
        })
    }
}

impl Filter {
    fn read(value: Option<&Value>) -> Filter {
        let names = |name: &str| texts(value.and_then(|value| value.get(name)));
        let upper = |list: Vec<String>| list;
        Filter { include: upper(names("Include")), exclude: upper(names("Exclude")) }
    }

    fn takes(&self, name: &str) -> bool {
        let matches = |wanted: &String| {
            let wanted = wanted.as_str();
            wanted.eq_ignore_ascii_case("ALL")
                || wanted.eq_ignore_ascii_case(name)
                || wanted.strip_suffix("--").is_some_and(|start| name.starts_with(start))
        };
        let included = self.include.is_empty() || self.include.iter().any(matches);
        included && !self.exclude.iter().any(matches)
    }
}

impl Join {
    fn read(value: &Value) -> Result<Join, String> {
        known(value, &["Name", "Keys"], "the setting of a match")?;
        let name = value.get("Name").and_then(Value::as_str).ok_or("a match has no name")?.to_owned();
        let keys = texts(value.get("Keys"));
        if keys.is_empty() || keys.len() != list(value.get("Keys")).len() {
            return Err("a match needs keys that are names".to_owned());
        }
        Ok(Join { name, keys })
    }

    /// Records that match, with the other's columns; where both have a column, the other's is called `COLUMN.OTHER`.
    fn apply(&self, table: &Table, other: &Table) -> Option<Table> {
        let own: Vec<usize> = self.keys.iter().map(|key| table.at(&table.name_of(key))).collect::<Option<_>>()?;
        let theirs: Vec<usize> = self.keys.iter().map(|key| other.at(&other.name_of(key))).collect::<Option<_>>()?;
        let key = |row: &[Datum], at: &[usize]| -> Vec<String> {
            at.iter().map(|at| row.get(*at).map_or(String::new(), Datum::shown)).collect()
        };
        let mut by_key: HashMap<Vec<String>, Vec<&Vec<Datum>>> = HashMap::new();
        for row in &other.rows {
            by_key.entry(key(row, &theirs)).or_default().push(row);
        }
        let mut joined = Table { rows: Vec::new(), ..table.clone() };
        let added: Vec<usize> = (0..other.columns.len()).filter(|at| !theirs.contains(at)).collect();
        for at in &added {
            let name = other.columns.get(*at)?;
            let taken = table.columns.contains(name);
            joined.columns.push(if taken { format!("{name}.{}", other.name) } else { name.clone() });
        }
        for row in &table.rows {
            for match_ in by_key.get(&key(row, &own)).into_iter().flatten() {
                let mut whole = row.clone();
                whole.extend(added.iter().map(|at| match_.get(*at).cloned().unwrap_or(Datum::Missing)));
                joined.rows.push(whole);
            }
        }
        Some(joined)
    }
}
