use super::overview::{detail, strip};
use super::{NAV, Shown, State, ago, shown};
use crate::claim::Counts;
use crate::claims;
use crate::probe::{figure, several};
use crate::shelf::Placed;
use crate::statement::Statement;
use askama::Template;
use axum::extract::Path;
use ledger::VerifyingKey;
use model::{Fault, Refusal, Time};
use web::parts::{ButtonLink, Cell, Chip, Code, Column, Crumbs, Empty, Facts, Hash, Row, Strip, Table};
use web::{Reply, Room, Width, page};

/// Results on the page; the others are in the log.
const RESULTS_SHOWN: usize = 12;

/// `/trust/claims/{id}`
pub(super) async fn claim(
    axum::extract::State(state): axum::extract::State<State>,
    Path(id): Path<String>,
    room: Room,
) -> Reply {
    let claim = claims::find(&id).ok_or_else(Refusal::not_found)?;
    let reading = |error| Fault::new("reading what the runner published", error);
    let shown_all = Shown::read(&state, room.now())?;
    let stand = shown_all.stands.iter().find(|stand| stand.claim.id == claim.id).ok_or_else(Refusal::not_found)?;
    let keys = state.shelf.keys().map_err(reading)?;
    let keys: Vec<VerifyingKey> =
        keys.iter().flat_map(|keys| &keys.results).filter_map(|life| VerifyingKey::from_text(&life.key).ok()).collect();
    let results = state.shelf.results(claim.id).map_err(reading)?.unwrap_or_default().results;
    // What does not open under the published keys is not shown as a result.
    let opened: Vec<(Placed, Statement)> = results
        .into_iter()
        .filter_map(|placed| Statement::opened(&placed.note, &keys).ok().map(|statement| (placed, statement)))
        .take(RESULTS_SHOWN)
        .collect();
    let body = ClaimPage {
        crumbs: Crumbs { up: vec![("Promises".to_owned(), "/trust".to_owned())] },
        words: claim.words,
        chip: Chip::new(shown(stand.verdict)),
        strip: strip(stand),
        detail: detail(stand, shown_all.now),
        how: claim.how,
        proof: claim.proof.words(),
        rhythm: rhythm(claim.cadence_seconds, claim.valid_seconds),
        counts: match claim.counts {
            Counts::Whole => "Everything that the sentence speaks of is counted, not a sample.",
            Counts::Sample => "A sample is tried, not everything that the sentence speaks of.",
        },
        latest: opened.first().map(|(placed, statement)| latest(placed, statement, shown_all.now)),
        control: opened.first().map(|(_, statement)| statement.negative_control.words.clone()),
        seen: opened.first().map(|(_, statement)| seen(statement)).unwrap_or_default(),
        table: table(&opened, shown_all.now),
        raw: ButtonLink::quiet("Signed results", format!("/trust/results/{}.json", claim.id)),
        verify: ButtonLink::quiet("How to verify it", "/trust/how"),
    };
    page(room.frame(claim.words).nav(&NAV).home("/trust").width(Width::Page), body)
}

#[derive(Template)]
#[template(path = "claim.html")]
struct ClaimPage {
    crumbs: Crumbs,
    words: &'static str,
    chip: Chip,
    strip: Strip,
    detail: String,
    how: &'static str,
    proof: &'static str,
    rhythm: String,
    counts: &'static str,
    latest: Option<Facts>,
    control: Option<String>,
    seen: Vec<(String, String)>,
    table: Table,
    raw: ButtonLink,
    verify: ButtonLink,
}

/// `Checked every 15 minutes. A result counts for 60 minutes.`
fn rhythm(cadence: i64, valid: i64) -> String {
    let span = |seconds: i64| match seconds {
        7_200.. => several(u64::try_from(seconds / 3_600).unwrap_or(0), "hour", "hours"),
        _ => several(u64::try_from(seconds / 60).unwrap_or(0), "minute", "minutes"),
    };
    format!("Checked every {}. A result counts for {}; after that it is stale.", span(cadence), span(valid))
}

fn latest(placed: &Placed, statement: &Statement, now: Time) -> Facts {
    Facts::new(vec![
        ("Checked", Cell::text(format!("{} \u{b7} {}", ago(&statement.finished, now), minute(&statement.finished)))),
        ("Counts until", Cell::text(minute(&statement.valid_until))),
        (
            "Counted",
            Cell::text(format!("{} of {}", figure(statement.population.counted), figure(statement.population.total))),
        ),
        ("Log entry", Cell::text(figure(placed.index))),
        ("Probe", Cell::part(&Code(format!("{} {}", statement.probe, statement.probe_version)))),
        ("Its source", Cell::part(&Hash::new(statement.probe_source_sha256.clone()))),
        ("Program", Cell::part(&Hash::new(statement.build_sha256.clone()))),
        ("Signed by", Cell::part(&Code(statement.key.split('+').take(2).collect::<Vec<_>>().join(" ")))),
    ])
}

/// What the probe saw, as it stands in the signed result.
fn seen(statement: &Statement) -> Vec<(String, String)> {
    let told = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.as_u64().map_or_else(|| number.to_string(), figure),
        serde_json::Value::Array(list) => {
            let parts: Vec<String> =
                list.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
            parts.join(", ")
        }
        other => other.to_string(),
    };
    statement.observations.iter().map(|(name, value)| (name.replace('_', " "), told(value))).collect()
}

fn table(results: &[(Placed, Statement)], now: Time) -> Table {
    let columns = vec![
        Column::text("Checked"),
        Column::text("Verdict"),
        Column::text("What was found"),
        Column::number("Log entry"),
    ];
    let row = |(placed, statement): &(Placed, Statement)| {
        Row(vec![
            Cell::text(ago(&statement.finished, now)),
            Cell::part(&Chip::new(shown(statement.verdict))),
            Cell::text(statement.reason.clone()),
            Cell::text(figure(placed.index)),
        ])
    };
    let empty = Empty::new("No check yet", "The first one runs within a minute of the start of the house.");
    Table::new("The last results", columns, results.iter().map(row).collect(), empty)
}

/// `2026-11-21 20:59 UTC`
fn minute(moment: &str) -> String {
    let short: String = moment.chars().take(16).collect();
    format!("{} UTC", short.replace('T', " "))
}
