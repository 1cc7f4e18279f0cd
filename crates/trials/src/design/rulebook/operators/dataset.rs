//! Conditions that are judged over a dataset as a whole, or over groups of its rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::*;

fn names(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Operators that look at the whole dataset; `None` for those that do not.
pub(super) fn over_dataset(condition: &Condition, table: &Table, at: usize) -> Result<Option<Vec<bool>>, Trouble> {
    use Operator as O;
    let columns =
        |names: &[&str]| -> Vec<usize> { names.iter().filter_map(|name| table.at(&table.name_of(name))).collect() };
    let shown = |row: &[Datum], at: usize| row.get(at).map_or(String::new(), Datum::shown);
    let keyed = |at: &[usize]| -> Vec<Vec<String>> {
        table.rows.iter().map(|row| at.iter().map(|at| shown(row, *at)).collect()).collect()
    };
    let own: Vec<String> = table.rows.iter().map(|row| shown(row, at)).collect();
    let wanted = names(&condition.value);
    let holds = match condition.operator {
        O::UniqueSet | O::NotUniqueSet => {
            let mut all = columns(&wanted);
            all.push(at);
            all.sort_unstable();
            all.dedup();
            let keys = keyed(&all);
            let mut count: HashMap<&Vec<String>, usize> = HashMap::new();
            keys.iter().for_each(|key| *count.entry(key).or_default() += 1);
            let unique = condition.operator == O::UniqueSet;
            keys.iter().map(|key| (count.get(key) == Some(&1)) == unique).collect()
        }
        O::UniqueRelationship | O::NotUniqueRelationship => {
            let others = columns(&wanted);
            if others.is_empty() {
                return Err(Trouble::NoColumn);
            }
            let broken = relationship(&own, &keyed(&others));
            let unique = condition.operator == O::UniqueRelationship;
            broken.into_iter().map(|broken| broken != unique).collect()
        }
        O::Inconsistent => {
            let keys = keyed(&columns(&wanted));
            let mut values: HashMap<&Vec<String>, BTreeSet<&String>> = HashMap::new();
            keys.iter().zip(&own).for_each(|(key, value)| {
                values.entry(key).or_default().insert(value);
            });
            keys.iter().map(|key| values.get(key).is_some_and(|values| values.len() > 1)).collect()
        }
        O::OnSeveralRows | O::NotOnSeveralRows => {
            let within: Vec<&str> = condition.within.iter().map(String::as_str).collect();
            let keys = keyed(&[columns(&within), vec![at]].concat());
            let mut count: HashMap<&Vec<String>, u64> = HashMap::new();
            keys.iter().for_each(|key| *count.entry(key).or_default() += 1);
            let least = condition.value.as_u64().unwrap_or(1);
            let several = condition.operator == O::OnSeveralRows;
            keys.iter().map(|key| count.get(key).is_some_and(|count| *count > least) == several).collect()
        }
        O::SameValues | O::DifferentValues => {
            let different = own.iter().collect::<BTreeSet<_>>().len() > 1;
            vec![different == (condition.operator == O::DifferentValues); own.len()]
        }
        O::EmptyButLast => empty_but_last(condition, table, &own, &wanted)?,
        _ => return Ok(None),
    };
    Ok(Some(holds))
}

/// Whether a value on either side goes with more than one on the other.
fn relationship(own: &[String], others: &[Vec<String>]) -> Vec<bool> {
    let mut forth: BTreeMap<&String, BTreeSet<&Vec<String>>> = BTreeMap::new();
    let mut back: BTreeMap<&Vec<String>, BTreeSet<&String>> = BTreeMap::new();
    for (one, other) in own.iter().zip(others) {
        forth.entry(one).or_default().insert(other);
        back.entry(other).or_default().insert(one);
    }
    let given = |key: &Vec<String>| key.iter().any(|text| !text.is_empty());
    own.iter()
        .zip(others)
        .map(|(one, other)| {
            let forth = !one.is_empty() && forth.get(one).is_some_and(|set| set.len() > 1);
            forth || (given(other) && back.get(other).is_some_and(|set| set.len() > 1))
        })
        .collect()
}

fn empty_but_last(condition: &Condition, table: &Table, own: &[String], wanted: &[&str]) -> Result<Vec<bool>, Trouble> {
    let by = wanted.first().and_then(|name| table.at(&table.name_of(name))).ok_or(Trouble::NoColumn)?;
    let Some(ordering) = &condition.ordering else {
        return Err(Trouble::Refused("empty_within_except_last_row needs an ordering".to_owned()));
    };
    let ordering = table.at(&table.name_of(ordering)).ok_or(Trouble::NoColumn)?;
    let mut last: HashMap<String, (usize, &Datum)> = HashMap::new();
    for (at, row) in table.rows.iter().enumerate() {
        let group = row.get(by).map_or(String::new(), Datum::shown);
        let value = row.get(ordering).unwrap_or(&Datum::Missing);
        let later = last.get(&group).is_none_or(|(_, known)| order(value, known).is_none_or(|order| order.is_ge()));
        if later {
            last.insert(group, (at, value));
        }
    }
    let is_last = |at: usize| last.values().any(|(known, _)| *known == at);
    Ok(own.iter().enumerate().map(|(at, value)| value.is_empty() && !is_last(at)).collect())
}
