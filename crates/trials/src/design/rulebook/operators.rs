//! The operators and operations that are known by name.
//!
//! Each operator answers for every record whether it holds. Nothing equals nothing else: a comparison with an empty value
//! is neither equal nor, when both are empty, unequal, as the publisher's reference engine has it.

mod dataset;

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::rule::{Check, Condition, Rule};
use super::table::{Datum, Table};
use crate::design::time::minutes;
use dataset::over_dataset;

/// Why a rule could not be run over a table.
pub(super) enum Trouble {
    /// A variable that it speaks of is not there.
    NoColumn,
    /// It asks for something that makes no sense for an operator.
    Refused(String),
}

macro_rules! operators {
    ($($name:literal => $operator:ident,)*) => {
        /// An operator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Operator { $($operator,)* }

        impl Operator {
            pub(super) fn named(name: &str) -> Option<Operator> {
                match name { $($name => Some(Operator::$operator),)* _ => None }
            }
        }
    };
}

operators! {
    "exists" => Exists,
    "not_exists" => NotExists,
    "empty" => Empty,
    "non_empty" => NonEmpty,
    "equal_to" => Equal,
    "not_equal_to" => NotEqual,
    "equal_to_case_insensitive" => EqualAnyCase,
    "not_equal_to_case_insensitive" => NotEqualAnyCase,
    "less_than" => Less,
    "less_than_or_equal_to" => LessOrEqual,
    "greater_than" => Greater,
    "greater_than_or_equal_to" => GreaterOrEqual,
    "contains" => Contains,
    "does_not_contain" => ContainsNot,
    "contains_case_insensitive" => ContainsAnyCase,
    "does_not_contain_case_insensitive" => ContainsNotAnyCase,
    "is_contained_by" => In,
    "is_not_contained_by" => NotIn,
    "is_contained_by_case_insensitive" => InAnyCase,
    "is_not_contained_by_case_insensitive" => NotInAnyCase,
    "starts_with" => Starts,
    "ends_with" => Ends,
    "prefix_equal_to" => PrefixEqual,
    "prefix_not_equal_to" => PrefixNotEqual,
    "suffix_equal_to" => SuffixEqual,
    "suffix_not_equal_to" => SuffixNotEqual,
    "matches_regex" => Matches,
    "not_matches_regex" => NotMatches,
    "longer_than" => Longer,
    "longer_than_or_equal_to" => LongerOrEqual,
    "shorter_than" => Shorter,
    "shorter_than_or_equal_to" => ShorterOrEqual,
    "has_equal_length" => LengthEqual,
    "has_not_equal_length" => LengthNotEqual,
    "invalid_date" => InvalidDate,
    "is_complete_date" => CompleteDate,
    "is_incomplete_date" => IncompleteDate,
    "date_equal_to" => DateEqual,
    "date_not_equal_to" => DateNotEqual,
    "date_less_than" => DateLess,
    "date_less_than_or_equal_to" => DateLessOrEqual,
    "date_greater_than" => DateGreater,
    "date_greater_than_or_equal_to" => DateGreaterOrEqual,
    "invalid_duration" => InvalidDuration,
    "is_unique_set" => UniqueSet,
    "is_not_unique_set" => NotUniqueSet,
    "is_unique_relationship" => UniqueRelationship,
    "is_not_unique_relationship" => NotUniqueRelationship,
    "is_inconsistent_across_dataset" => Inconsistent,
    "present_on_multiple_rows_within" => OnSeveralRows,
    "not_present_on_multiple_rows_within" => NotOnSeveralRows,
    "has_same_values" => SameValues,
    "has_different_values" => DifferentValues,
    "empty_within_except_last_row" => EmptyButLast,
}

impl Operator {
    pub(super) fn is_pattern(self) -> bool {
        matches!(self, Operator::Matches | Operator::NotMatches)
    }
}

/// Something that is reckoned before the check, and that the check names as `$id`.
#[derive(Debug)]
pub(super) struct Operation {
    id: String,
    kind: Kind,
    domain: Option<String>,
    name: String,
    group: Vec<String>,
    /// Only records with these values count.
    filter: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Distinct,
    RecordCount,
    Max,
    Min,
    DatasetNames,
}

impl Operation {
    pub(super) fn read(value: &Value) -> Result<Operation, String> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let kind = match text("operator").unwrap_or_default() {
            "distinct" => Kind::Distinct,
            "record_count" => Kind::RecordCount,
            "max" => Kind::Max,
            "min" => Kind::Min,
            "dataset_names" | "study_domains" => Kind::DatasetNames,
            other => return Err(format!("the operation \"{other}\" is not known here")),
        };
        let members = value.as_object().map(|members| members.keys().map(String::as_str).collect::<Vec<_>>());
        let odd = members
            .unwrap_or_default()
            .into_iter()
            .find(|name| !["id", "operator", "domain", "name", "group", "filter"].contains(name));
        if let Some(name) = odd {
            return Err(format!("the setting \"{name}\" of an operation is not known here"));
        }
        let group = value.get("group").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
        let filter = value.get("filter").and_then(Value::as_object);
        let filter = filter.into_iter().flatten().map(|(name, value)| (name.clone(), Datum::of(value).shown()));
        Ok(Operation {
            filter: filter.collect(),
            id: text("id").unwrap_or_default().to_owned(),
            kind,
            domain: text("domain").map(str::to_owned),
            name: text("name").unwrap_or_default().to_owned(),
            group: group.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    }

    /// The value for each record of the table.
    fn column(&self, table: &Table, tables: &[Table]) -> Result<Vec<Datum>, Trouble> {
        if self.kind == Kind::DatasetNames {
            let names = tables.iter().filter(|one| one.entity == table.entity).map(|one| one.name.clone()).collect();
            return Ok(vec![Datum::Many(names); table.rows.len()]);
        }
        let from = match &self.domain {
            Some(name) => tables.iter().find(|one| one.name == *name).ok_or(Trouble::NoColumn)?,
            None => table,
        };
        let groups = |of: &Table| -> Result<Vec<usize>, Trouble> {
            self.group.iter().map(|name| of.at(&table.name_of(name)).ok_or(Trouble::NoColumn)).collect()
        };
        let key = |row: &[Datum], at: &[usize]| -> Vec<String> {
            at.iter().map(|at| row.get(*at).map_or(String::new(), Datum::shown)).collect()
        };
        let wanted = match self.kind {
            Kind::RecordCount => None,
            _ => Some(from.at(&table.name_of(&self.name)).ok_or(Trouble::NoColumn)?),
        };
        let (theirs, own) = (groups(from)?, groups(table)?);
        let mut found: HashMap<Vec<String>, Vec<&Datum>> = HashMap::new();
        let filters = self.filter.iter().map(|(name, value)| Some((from.at(&table.name_of(name))?, value)));
        let filters: Vec<(usize, &String)> = filters.collect::<Option<_>>().ok_or(Trouble::NoColumn)?;
        let counts = |row: &&Vec<Datum>| {
            filters.iter().all(|(at, value)| row.get(*at).is_some_and(|own| own.shown() == **value))
        };
        for row in from.rows.iter().filter(counts) {
            let value = wanted.and_then(|at| row.get(at)).unwrap_or(&Datum::Missing);
            found.entry(key(row, &theirs)).or_default().push(value);
        }
        let one = |row: &Vec<Datum>| {
            let values = found.get(&key(row, &own)).map_or(&[] as &[&Datum], Vec::as_slice);
            match self.kind {
                Kind::RecordCount => Datum::Number(values.len() as f64),
                Kind::Distinct => {
                    Datum::Many(values.iter().map(|value| value.shown()).collect::<BTreeSet<_>>().into_iter().collect())
                }
                _ => extreme(values, self.kind == Kind::Max),
            }
        };
        Ok(table.rows.iter().map(one).collect())
    }
}

fn extreme(values: &[&Datum], greatest: bool) -> Datum {
    let mut best = Datum::Missing;
    for value in values.iter().filter(|value| !value.is_empty()) {
        let better = match order(value, &best) {
            Some(order) => order.is_gt() == greatest && order.is_ne(),
            None => best.is_empty(),
        };
        if better {
            best = (*value).clone();
        }
    }
    best
}

fn order(one: &Datum, other: &Datum) -> Option<std::cmp::Ordering> {
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.partial_cmp(&other),
        _ => match (one, other) {
            (Datum::Text(one), Datum::Text(other)) => Some(one.cmp(other)),
            _ => None,
        },
    }
}

fn number(value: &Datum) -> Option<f64> {
    match value {
        Datum::Number(number) => Some(*number),
        Datum::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// Whether the check holds (the rule is broken) for each record.
pub(super) fn rows(rule: &Rule, table: &Table, tables: &[Table]) -> Result<Vec<bool>, Trouble> {
    let mut wide = None;
    for operation in &rule.operations {
        let values = operation.column(wide.as_ref().unwrap_or(table), tables)?;
        let with: &mut Table = wide.get_or_insert_with(|| table.clone());
        with.columns.push(operation.id.clone());
        for (row, value) in with.rows.iter_mut().zip(values) {
            row.push(value);
        }
    }
    let table = wide.as_ref().unwrap_or(table);
    let holds = check(&rule.check, table)?;
    if rule.per_record {
        return Ok(holds);
    }
    // One finding for the dataset is enough when the rule is about the dataset.
    let first = holds.iter().position(|holds| *holds);
    Ok((0..holds.len()).map(|at| Some(at) == first).collect())
}

fn check(tree: &Check, table: &Table) -> Result<Vec<bool>, Trouble> {
    let fold = |list: &[Check], start: bool, join: fn(bool, bool) -> bool| {
        let mut all = vec![start; table.rows.len()];
        for one in list {
            for (own, other) in all.iter_mut().zip(check(one, table)?) {
                *own = join(*own, other);
            }
        }
        Ok(all)
    };
    match tree {
        Check::All(list) => fold(list, true, |one, other| one && other),
        Check::Any(list) => fold(list, false, |one, other| one || other),
        Check::Not(inner) => Ok(check(inner, table)?.into_iter().map(|holds| !holds).collect()),
        Check::One(condition) => one(condition, table),
    }
}

/// What a record is compared with.
enum Wanted {
    Column(usize),
    Same(Datum),
}

fn wanted(condition: &Condition, table: &Table) -> Wanted {
    if let (Value::String(text), false) = (&condition.value, condition.literal) {
        if let Some(at) = table.at(&table.name_of(text)) {
            return Wanted::Column(at);
        }
        return Wanted::Same(Datum::Text(table.name_of(text)));
    }
    Wanted::Same(Datum::of(&condition.value))
}

fn one(condition: &Condition, table: &Table) -> Result<Vec<bool>, Trouble> {
    use Operator as O;
    let target = table.name_of(&condition.target);
    let at = table.at(&target);
    match condition.operator {
        O::Exists => return Ok(vec![at.is_some(); table.rows.len()]),
        O::NotExists => return Ok(vec![at.is_none(); table.rows.len()]),
        _ => {}
    }
    let at = at.ok_or(Trouble::NoColumn)?;
    if let Some(holds) = over_dataset(condition, table, at)? {
        return Ok(holds);
    }
    let wanted = wanted(condition, table);
    let holds = |row: &Vec<Datum>| {
        let own = row.get(at).unwrap_or(&Datum::Missing);
        let other = match &wanted {
            Wanted::Column(at) => row.get(*at).unwrap_or(&Datum::Missing),
            Wanted::Same(value) => value,
        };
        record(condition, own, other)
    };
    Ok(table.rows.iter().map(holds).collect())
}

/// Operators that look at one record.
fn record(condition: &Condition, own: &Datum, other: &Datum) -> bool {
    use Operator as O;
    let (text, words) = (own.shown(), other.shown());
    let same = |fold: bool| equal(own, other, fold);
    let both_empty = own.is_empty() && other.is_empty();
    let length = |limit: &Datum| number(limit).unwrap_or_else(|| limit.shown().chars().count() as f64);
    let count = text.chars().count() as f64;
    let compare = || order(own, other);
    let part = |front: bool| {
        let size = condition.length.unwrap_or(words.chars().count());
        let letters: Vec<char> = text.chars().collect();
        let from = if front { 0 } else { letters.len().saturating_sub(size) };
        letters.iter().skip(from).take(size).collect::<String>()
    };
    match condition.operator {
        O::Empty => own.is_empty(),
        O::NonEmpty => !own.is_empty(),
        O::Equal => same(false),
        O::NotEqual => !both_empty && !same(false),
        O::EqualAnyCase => same(true),
        O::NotEqualAnyCase => !both_empty && !same(true),
        O::Less => compare().is_some_and(|order| order.is_lt()),
        O::LessOrEqual => compare().is_some_and(|order| order.is_le()),
        O::Greater => compare().is_some_and(|order| order.is_gt()),
        O::GreaterOrEqual => compare().is_some_and(|order| order.is_ge()),
        O::Contains => holds(own, &words, false),
        O::ContainsNot => !holds(own, &words, false),
        O::ContainsAnyCase => holds(own, &words, true),
        O::ContainsNotAnyCase => !holds(own, &words, true),
        O::In => among(own, other, false),
        O::NotIn => !among(own, other, false),
        O::InAnyCase => among(own, other, true),
        O::NotInAnyCase => !among(own, other, true),
        O::Starts => !own.is_empty() && text.starts_with(&words),
        O::Ends => !own.is_empty() && text.ends_with(&words),
        O::PrefixEqual => !own.is_empty() && part(true) == words,
        O::PrefixNotEqual => !own.is_empty() && part(true) != words,
        O::SuffixEqual => !own.is_empty() && part(false) == words,
        O::SuffixNotEqual => !own.is_empty() && part(false) != words,
        O::Matches => !own.is_empty() && condition.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&text)),
        O::NotMatches => !own.is_empty() && !condition.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&text)),
        O::Longer => !own.is_empty() && count > length(other),
        O::LongerOrEqual => !own.is_empty() && count >= length(other),
        O::Shorter => !own.is_empty() && count < length(other),
        O::ShorterOrEqual => !own.is_empty() && count <= length(other),
        O::LengthEqual => !own.is_empty() && count == length(other),
        O::LengthNotEqual => !own.is_empty() && count != length(other),
        O::InvalidDate => !own.is_empty() && date(&text).is_none(),
        O::CompleteDate => date(&text) == Some(true),
        O::IncompleteDate => date(&text) != Some(true),
        O::DateEqual => !own.is_empty() && text == words,
        O::DateNotEqual => !both_empty && text != words,
        O::DateLess => dates(&text, &words).is_some_and(|order| order.is_lt()),
        O::DateLessOrEqual => dates(&text, &words).is_some_and(|order| order.is_le()),
        O::DateGreater => dates(&text, &words).is_some_and(|order| order.is_gt()),
        O::DateGreaterOrEqual => dates(&text, &words).is_some_and(|order| order.is_ge()),
        O::InvalidDuration => !own.is_empty() && minutes(&text).is_none(),
        _ => false,
    }
}

fn equal(own: &Datum, other: &Datum, fold: bool) -> bool {
    if own.is_empty() || other.is_empty() {
        return false;
    }
    match (own, other) {
        (Datum::Number(one), Datum::Number(other)) => one == other,
        (Datum::Number(_), Datum::Text(_)) | (Datum::Text(_), Datum::Number(_)) if !fold => {
            number(own) == number(other)
        }
        _ if fold => own.shown().eq_ignore_ascii_case(&other.shown()),
        _ => own == other,
    }
}

fn holds(own: &Datum, words: &str, fold: bool) -> bool {
    let same = |one: &str| if fold { one.eq_ignore_ascii_case(words) } else { one == words };
    match own {
        Datum::Many(list) => list.iter().any(|one| same(one)),
        _ if fold => own.shown().to_lowercase().contains(&words.to_lowercase()),
        _ => own.shown().contains(words),
    }
}

fn among(own: &Datum, other: &Datum, fold: bool) -> bool {
    let same = |one: &str, other: &str| if fold { one.eq_ignore_ascii_case(other) } else { one == other };
    let any = |text: &str| match other {
        Datum::Many(list) => list.iter().any(|one| same(one, text)),
        other => same(&other.shown(), text),
    };
    match own {
        Datum::Many(list) => list.iter().any(|one| any(one)),
        own => any(&own.shown()),
    }
}

/// Whether a text is a date of ISO 8601, and a whole one; partial dates are dates.
fn date(text: &str) -> Option<bool> {
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let parts: Vec<&str> = day.split('-').collect();
    let two = |text: &str, max: u8| text.len() == 2 && text.parse::<u8>().is_ok_and(|value| (1..=max).contains(&value));
    let year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match parts.as_slice() {
        [own] if year(own) => false,
        [own, month] if year(own) && two(month, 12) => false,
        [own, month, date] if year(own) && two(month, 12) && two(date, 31) => {
            crate::design::time::parse_date(day)?;
            true
        }
        _ => return None,
    };
    let clock = |time: &str| {
        let plain = time.trim_end_matches('Z').split(['+', '-']).next().unwrap_or_default();
        let mut parts = plain.split(':');
        let mut next = |max: f32| {
            parts.next().is_none_or(|part| part.parse::<f32>().is_ok_and(|value| (0.0..max).contains(&value)))
        };
        next(24.0) && next(60.0) && next(60.0) && parts.next().is_none()
    };
    match time {
        None => Some(whole),
        Some(time) => (whole && clock(time)).then_some(true),
    }
}

/// Two dates in order, as far as the coarser one tells; partial dates compare by what both tell.
fn dates(one: &str, other: &str) -> Option<std::cmp::Ordering> {
    date(one)?;
    date(other)?;
    let size = one.len().min(other.len());
    Some(one.get(..size)?.cmp(other.get(..size)?))
}
