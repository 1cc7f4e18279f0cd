use super::{NAV, SECONDS, Shown, Stand, State, ago, shown};
use crate::probe::{figure, several};
use crate::verdict::Verdict;
use askama::Template;
use model::Time;
use web::parts::{ButtonLink, Cell, Code, Facts, Figures, Hash, Line, Proportion, Strip};
use web::{Reply, Room, Width, page};

/// `/trust`
pub(super) async fn overview(axum::extract::State(state): axum::extract::State<State>, room: Room) -> Reply {
    let shown = Shown::read(&state, room.now())?;
    let mut groups: Vec<Group> = Vec::new();
    for stand in &shown.stands {
        let line = line(stand, shown.now);
        match groups.last_mut().filter(|group| group.heading == stand.claim.group) {
            Some(group) => group.add(line, stand.verdict),
            None => groups.push(Group::begun(stand.claim.group, line, stand.verdict)),
        }
    }
    let body = Overview {
        figures: Figures::new(&figures(&shown)),
        proportion: Proportion::new(&counts(&shown)),
        check: check(&shown),
        download: ButtonLink::primary("Download evidence", "/trust/bundle"),
        verify: ButtonLink::quiet("How to verify it", "/trust/how"),
        begun: shown.state.log.size > 0,
        groups,
        seconds: SECONDS,
    };
    page(room.frame("Every promise here is a running check").nav(&NAV).home("/trust").width(Width::Page), body)
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    figures: Figures,
    proportion: Proportion,
    check: Facts,
    download: ButtonLink,
    verify: ButtonLink,
    begun: bool,
    groups: Vec<Group>,
    seconds: u32,
}

/// Promises under one heading.
struct Group {
    heading: &'static str,
    lines: Vec<Line>,
    verdicts: Vec<Verdict>,
}

impl Group {
    fn begun(heading: &'static str, line: Line, verdict: Verdict) -> Self {
        Self { heading, lines: vec![line], verdicts: vec![verdict] }
    }

    fn add(&mut self, line: Line, verdict: Verdict) {
        self.lines.push(line);
        self.verdicts.push(verdict);
    }

    /// Such as `4 promises, 3 proved, 1 stale`.
    fn summary(&self) -> String {
        let all = several(self.lines.len() as u64, "promise", "promises");
        if self.verdicts.len() > 1 && self.verdicts.iter().all(|verdict| *verdict == Verdict::Proved) {
            return format!("{all}, all proved");
        }
        let parts = Verdict::ALL.iter().filter_map(|verdict| {
            let count = self.verdicts.iter().filter(|found| *found == verdict).count();
            (count > 0)
                .then(|| if self.verdicts.len() == 1 { verdict.to_string() } else { format!("{count} {verdict}") })
        });
        format!("{all}, {}", parts.collect::<Vec<_>>().join(", "))
    }
}

/// Proved, stale and failed are always told; the others where there are any.
fn figures(shown: &Shown) -> Vec<(u64, &'static str)> {
    let always = [Verdict::Proved, Verdict::Stale, Verdict::Failed];
    let told = Verdict::ALL.into_iter().map(|verdict| (verdict, shown.count(verdict)));
    told.filter(|(verdict, count)| *count > 0 || always.contains(verdict))
        .map(|(verdict, count)| (count, verdict.words()))
        .collect()
}

fn counts(shown: &Shown) -> Vec<(web::parts::Verdict, u64)> {
    Verdict::ALL.into_iter().map(|verdict| (super::shown(verdict), shown.count(verdict))).collect()
}

fn check(shown: &Shown) -> Facts {
    let log = &shown.state.log;
    if log.size == 0 {
        return Facts::new(vec![("Log", Cell::text("no entry yet: the first checks are running"))]);
    }
    Facts::new(vec![
        ("Log size", Cell::text(several(log.size, "entry", "entries"))),
        ("Root", Cell::part(&Hash::new(log.root.clone()))),
        ("Signed", Cell::text(ago(&log.signed_at, shown.now))),
        ("House", Cell::part(&Code(shown.state.deployment.clone()))),
    ])
}

fn line(stand: &Stand, now: Time) -> Line {
    let href = Some(format!("/trust/claims/{}", stand.claim.id));
    Line::new(stand.claim.words, detail(stand, now), href, &strip(stand), shown(stand.verdict))
}

/// What was counted, and when; for what does not hold, why.
pub(super) fn detail(stand: &Stand, now: Time) -> String {
    let Some(standing) = &stand.standing else { return "Not checked yet".to_owned() };
    let when = ago(&standing.finished, now);
    match stand.verdict {
        Verdict::Proved => format!("{} \u{b7} checked {when}", standing.population.words),
        Verdict::Stale => format!("Last checked {when}, so this no longer counts as proved"),
        _ => format!("{} \u{b7} checked {when}", standing.reason.trim_end_matches('.')),
    }
}

/// The recent history, each run with the verdict that it had.
pub(super) fn strip(stand: &Stand) -> Strip {
    let Some(standing) = &stand.standing else { return Strip::new(&[], "no checks yet") };
    let mut history: Vec<web::parts::Verdict> = standing.history.iter().map(|mark| shown(mark.verdict)).collect();
    let well = standing.history.iter().filter(|mark| mark.verdict.is_well()).count();
    let mut words = format!("{well} of the last {} found it so", several(history.len() as u64, "check", "checks"));
    if stand.verdict == Verdict::Stale {
        history.push(shown(Verdict::Stale));
        words.push_str(", and the next one is overdue");
    }
    Strip::new(&history, words)
}

/// `/trust/how`
pub(super) async fn how(axum::extract::State(state): axum::extract::State<State>, room: Room) -> Reply {
    let keys = state.shelf.keys().map_err(|error| model::Fault::new("reading the runner's keys", error))?;
    let shown = Shown::read(&state, room.now())?;
    let body = How {
        log_key: keys.as_ref().map(|keys| pieces(&keys.log)),
        result_keys: keys.map(|keys| keys.results.iter().map(|life| pieces(&life.key)).collect()).unwrap_or_default(),
        size: figure(shown.state.log.size),
        checkpoint: shown.state.log.checkpoint.lines().map(pieces).collect(),
        download: ButtonLink::primary("Download evidence", "/trust/bundle"),
    };
    page(room.frame("How to verify it").nav(&NAV).home("/trust").width(Width::Reading), body)
}

#[derive(Template)]
#[template(path = "how.html")]
struct How {
    log_key: Option<Pieces>,
    result_keys: Vec<Pieces>,
    size: String,
    checkpoint: Vec<Pieces>,
    download: ButtonLink,
}

/// A long text that may break anywhere between its pieces, and is copied as a whole.
type Pieces = Vec<String>;

fn pieces(text: &str) -> Pieces {
    text.chars().collect::<Vec<_>>().chunks(16).map(String::from_iter).collect()
}
