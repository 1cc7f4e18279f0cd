//! From the query of an address to a plan.

use model::{Refusal, RefusalKind, Time, words};

use super::dates::Days;
use super::params::{By, Param, ParamType, params};
use super::terms::token;
use super::values::{Check, On, Value};
use super::{AnyOf, Plan, Sought};
use crate::fhir::{FhirId, Type};

/// Matches for one page, if the asker does not say.
pub const COUNT_DEFAULT: usize = 20;

/// Most matches for one page; a larger wish is lowered to it.
pub const COUNT_MAX: usize = 100;

const QUERY_BYTES_MAX: usize = 4096;
const PARAMS_MAX: usize = 32;
const VALUES_MAX: usize = 20;
const IDS_MAX: usize = 100;

/// What becomes of a parameter that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Handling {
    /// It is refused.
    #[default]
    Strict,
    /// It is ignored, and the answer says so.
    Lenient,
}

impl Handling {
    /// Reads the `Prefer` header (R4 search, "Handling Errors").
    pub fn of_prefer(header: Option<&str>) -> Self {
        let lenient = header.unwrap_or_default().split([',', ';']).any(|part| part.trim() == "handling=lenient");
        if lenient { Self::Lenient } else { Self::Strict }
    }
}

/// Reads the query of a search. Every refusal names the parameter, as `http.birthdate`.
pub fn plan(of: Type, query: &str, handling: Handling, now: Time) -> Result<Plan, Refusal> {
    let mut plan = Plan {
        of,
        ids: None,
        all: Vec::new(),
        count: COUNT_DEFAULT,
        page: None,
        ignored: Vec::new(),
        used: Vec::new(),
        checks: Vec::new(),
    };
    let mut dated: Vec<Dated> = Vec::new();
    for (name, value) in pairs(query)? {
        let taken = parameter(&mut plan, &mut dated, &name, &value, now)?;
        match (taken, handling) {
            (Taken::Yes, _) => plan.used.push((name, value)),
            (Taken::Unknown, Handling::Lenient) => plan.ignored.push(cut(&name)),
            (Taken::Unknown, Handling::Strict) => return Err(unknown(of, &name)),
        }
    }
    for dated in dated {
        plan.all.push(AnyOf { any: dated.days.terms(dated.field, dated.partial) });
    }
    let narrowed = plan.checks.iter().any(|check| match &check.on {
        On::Param(param) => param.by == By::Narrowing,
        On::LastUpdated => true,
    });
    if narrowed && plan.is_everything() {
        let name = plan.used.first().map_or("", |(name, _)| name.as_str());
        return Err(no(name, "This parameter only narrows a search: add one that finds, such as a name or a patient."));
    }
    Ok(plan)
}

/// All single ranges of one parameter meet in one.
struct Dated {
    field: &'static str,
    partial: &'static str,
    days: Days,
}

enum Taken {
    Yes,
    Unknown,
}

fn parameter(plan: &mut Plan, dated: &mut Vec<Dated>, name: &str, value: &str, now: Time) -> Result<Taken, Refusal> {
    let (base, modifier) = name.split_once(':').map_or((name, None), |(base, modifier)| (base, Some(modifier)));
    if base.starts_with('_') {
        return control(plan, base, modifier, value);
    }
    let Some(param) = params(plan.of).iter().find(|param| param.name == base) else { return Ok(Taken::Unknown) };
    let mut any = Vec::new();
    for one in values(base, value)? {
        any.push(Value::read(param.param_type, modifier, one).map_err(|words| no(base, words))?);
    }
    index(plan, dated, param, &any, now);
    plan.checks.push(Check { on: On::Param(param), any });
    Ok(Taken::Yes)
}

/// Adds what the parameter asks of the index.
fn index(plan: &mut Plan, dated: &mut Vec<Dated>, param: &'static Param, any: &[Value], now: Time) {
    match param.by {
        By::Narrowing => {}
        By::Index(fields) => plan.all.extend(any_of(fields, any)),
        By::Dates(field, partial) => {
            let ranges: Vec<Days> = any
                .iter()
                .filter_map(|value| match value {
                    Value::Date { prefix, asked } => prefix.days(asked, now),
                    _ => None,
                })
                .collect();
            match (ranges.as_slice(), dated.iter_mut().find(|dated| dated.field == field)) {
                ([one], Some(dated)) => dated.days = dated.days.and(*one),
                ([one], None) => dated.push(Dated { field, partial, days: *one }),
                (several, _) => {
                    let any = several.iter().flat_map(|days| days.terms(field, partial)).collect();
                    plan.all.push(AnyOf { any });
                }
            }
        }
    }
}

/// A question of several words asks for each of them; a choice of questions can only ask for one word of each.
fn any_of(fields: &'static [&'static str], any: &[Value]) -> Vec<AnyOf> {
    let each: Vec<Vec<String>> = any.iter().map(terms_of).collect();
    let over_fields =
        |value: &String| fields.iter().map(|field| Sought { field, value: value.clone() }).collect::<Vec<_>>();
    match (any, each.as_slice()) {
        ([Value::Reference(_)], _) | (_, [] | [_, _, ..]) => {
            let longest = |(asked, terms): (&Value, &Vec<String>)| match asked {
                Value::Reference(_) => terms.clone(),
                _ => terms.iter().max_by_key(|term| term.len()).cloned().into_iter().collect(),
            };
            let terms: Vec<String> = any.iter().zip(&each).flat_map(longest).collect();
            vec![AnyOf { any: terms.iter().flat_map(over_fields).collect() }]
        }
        (_, [terms]) => terms.iter().map(|term| AnyOf { any: over_fields(term) }).collect(),
    }
}

/// The index terms of a value: all must be there, but for a reference, whose spellings are a choice.
fn terms_of(value: &Value) -> Vec<String> {
    match value {
        Value::Beginning(asked) => asked.clone(),
        Value::Exactly(text) => words(text),
        Value::Token { system, value } => vec![token(system.as_deref(), value)],
        Value::Reference(spellings) => spellings.clone(),
        Value::Date { .. } => Vec::new(),
    }
}

/// Parameters of every type, and those about the answer.
fn control(plan: &mut Plan, name: &str, modifier: Option<&str>, value: &str) -> Result<Taken, Refusal> {
    if modifier.is_some() {
        return Err(no(name, "This parameter takes no modifier."));
    }
    match name {
        "_id" => {
            let ids: Option<Vec<FhirId>> = value.split(',').take(IDS_MAX + 1).map(FhirId::parse).collect();
            let ids = ids.filter(|ids| ids.len() <= IDS_MAX);
            let ids = ids.ok_or_else(|| no(name, format!("Up to {IDS_MAX} ids are expected, with commas between.")))?;
            let ids = match plan.ids.take() {
                Some(earlier) => earlier.into_iter().filter(|id| ids.contains(id)).collect(),
                None => ids,
            };
            plan.ids = Some(ids);
        }
        "_count" => {
            let count: usize = value.parse().map_err(|_| no(name, "A number is expected."))?;
            plan.count = count.min(COUNT_MAX);
        }
        "_lastUpdated" => {
            let any = values(name, value)?.into_iter().map(|one| Value::read(ParamType::Date, None, one));
            let any = any.collect::<Result<_, _>>().map_err(|words| no(name, words))?;
            plan.checks.push(Check { on: On::LastUpdated, any });
        }
        "_page" if value.len() <= 512 => plan.page = Some(value.to_owned()),
        "_page" => return Err(no(name, "This is not a page that was given out here.")),
        "_total" if value == "none" => {}
        "_summary" if value == "false" => {}
        "_format" if matches!(value, "json" | "application/json" | "application/fhir+json") => {}
        "_pretty" if matches!(value, "true" | "false") => {}
        "_total" => return Err(no(name, "Totals are not offered: counting would open every match. Use _total=none.")),
        "_summary" => return Err(no(name, "Summaries are not offered: resources are answered whole.")),
        "_format" => return Err(no(name, "Answers are application/fhir+json only.")),
        "_elements" => return Err(no(name, "Parts of resources are not offered: resources are answered whole.")),
        "_sort" => return Err(no(name, "Sorting is not offered: what is searched is kept sealed and has no order.")),
        "_include" | "_revinclude" | "_has" | "_contained" | "_containedType" | "_filter" | "_query" | "_content"
        | "_text" | "_list" | "_profile" | "_security" | "_source" | "_tag" | "_type" => {
            return Err(no(name, "This search parameter of FHIR R4 is not offered."));
        }
        _ => return Ok(Taken::Unknown),
    }
    Ok(Taken::Yes)
}

/// The values between commas that are not escaped.
fn values<'v>(name: &str, value: &'v str) -> Result<Vec<&'v str>, Refusal> {
    let mut escaped = false;
    let parts: Vec<&str> = value
        .split(|c: char| {
            let comma = c == ',' && !escaped;
            escaped = c == '\\' && !escaped;
            comma
        })
        .collect();
    if parts.len() > VALUES_MAX {
        return Err(no(name, format!("More than {VALUES_MAX} values are given.")));
    }
    if parts.iter().any(|part| part.trim().is_empty()) {
        return Err(no(name, "A value is empty."));
    }
    Ok(parts)
}

/// Names and values of a query, percent-decoded. A parameter without a value is left out, as forms send it.
fn pairs(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(no("query", format!("A query has {QUERY_BYTES_MAX} bytes at most.")));
    }
    let mut found = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            return Err(no("query", "The query is not percent-encoded UTF-8."));
        };
        if !value.is_empty() {
            found.push((name, value));
        }
    }
    if found.len() > PARAMS_MAX {
        return Err(no("query", format!("A query has {PARAMS_MAX} parameters at most.")));
    }
    Ok(found)
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let code = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
                u8::try_from(code).ok()?
            }
            other => other,
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

/// Percent-encodes all but the unreserved characters (RFC 3986 §2.3).
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn unknown(of: Type, name: &str) -> Refusal {
    let known: Vec<&str> = params(of).iter().map(|param| param.name).chain(["_id", "_lastUpdated", "_count"]).collect();
    let words = format!(
        "{of} cannot be searched by this parameter. It can by {}. To have unknown parameters ignored, send Prefer: handling=lenient.",
        known.join(", ")
    );
    no(name, words)
}

fn no(name: &str, words: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::Malformed, "This search cannot be answered.").at(format!("http.{}", cut(name)), words)
}

fn cut(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}
