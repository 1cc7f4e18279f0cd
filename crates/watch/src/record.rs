use std::collections::BTreeMap;
use std::sync::PoisonError;

use access::{Actor, Ctx};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Answer, Fault, Kind, No, RecordId, RefusalKind, RequestId, TenantId, Time};
use shield::{Decision, Ground, Hit};
use vault::{Changes, Expected};
use web::Sent;

use crate::Watch;
use crate::kinds::{Attempt, Content, Day, Kept, Noted, Shown, Tally, Verdict};
use crate::rules::flood::{self, Due, Gathering, One, Take};
use crate::rules::mask;

/// How long attempts and counts are kept.
const KEPT_SECONDS: i64 = 400 * 24 * 3600;
/// How long their content is kept.
pub(crate) const CONTENT_SECONDS: i64 = 30 * 24 * 3600;
/// Most of a body that is kept to be judged again.
const BODY_BYTES_MAX: usize = 32 * 1024;
/// Most of an address that is kept.
const URI_BYTES_MAX: usize = 4 * 1024;
/// Most headers that are kept.
const HEADERS_MAX: usize = 64;
/// Most rules that are told of one attempt.
const NOTED_MAX: usize = 24;
/// How long an attempt may be judged again.
const JUDGED_SECONDS_MAX: i64 = 5;
const WORDS_CHARS_MAX: usize = 160;
const PLACE_CHARS_MAX: usize = 140;
/// How often a count is written anew after meeting another node.
const TRIES: usize = 5;

impl Watch {
    /// Writes an attempt down as a record of its own, or counts it where there are too many.
    pub(crate) async fn write_down(&self, attempt: web::Attempt) -> Result<(), Fault> {
        let tenant = attempt.ctx.as_ref().map_or(self.house, |ctx| ctx.tenant);
        let one = one(&attempt, tenant);
        let take = self.flood.lock().unwrap_or_else(PoisonError::into_inner).take(&one, attempt.now);
        if take == Take::Gathered {
            return Ok(());
        }
        let duty = self.duty(tenant, attempt.sent.request, attempt.now);
        let id = self.vault.outside().record_id();
        let changes = Changes::new().create(id, &noted(&attempt, one))?.create(id, &content(&attempt))?;
        self.vault.commit(&duty, changes).await.map_err(unexpected("writing an attempt down"))?;
        Ok(())
    }

    /// Writes down what is counted and not written yet. Called every few seconds, and with `closing` at the end.
    pub async fn flush(&self, closing: bool) -> Result<(), Fault> {
        let tenants = self.flood.lock().unwrap_or_else(PoisonError::into_inner).tenants();
        let mut failed = Ok(());
        for tenant in tenants {
            if let Err(fault) = self.flush_one(tenant, closing).await {
                failed = Err(fault);
            }
        }
        failed
    }

    /// The same for one organisation, before its pages are shown.
    pub(crate) async fn flush_one(&self, tenant: TenantId, closing: bool) -> Result<(), Fault> {
        let outside = self.vault.outside();
        let now = outside.now();
        let due = self.flood.lock().unwrap_or_else(PoisonError::into_inner).due(tenant, now, closing);
        if due.is_empty() {
            return Ok(());
        }
        let duty = self.duty(tenant, outside.request_id(), now);
        for _ in 0..TRIES {
            match self.flush_due(&duty, &due).await {
                Ok(()) => return Ok(()),
                // Another node counted at the same moment.
                Err(No::Refusal(refusal))
                    if matches!(refusal.kind, RefusalKind::PreconditionFailed | RefusalKind::Conflict) => {}
                Err(no) => {
                    self.flood.lock().unwrap_or_else(PoisonError::into_inner).again(tenant, due);
                    return Err(unexpected("writing counts of attempts down")(no));
                }
            }
        }
        self.flood.lock().unwrap_or_else(PoisonError::into_inner).again(tenant, due);
        Err(Fault::new("writing counts of attempts down", "others kept writing the same counts"))
    }

    async fn flush_due(&self, duty: &Ctx, due: &Due) -> Answer<()> {
        let mut changes = Changes::new();
        for gathering in &due.gathered {
            changes = changes.create(self.vault.outside().record_id(), &gathered(gathering))?;
        }
        for (day, tally) in &due.tallies {
            let id = day_id(day);
            let ends = duty.now.plus_seconds(KEPT_SECONDS);
            changes = match self.vault.recognise(duty, Day::DECL, id).await? {
                None => changes.create(id, &Day { day: day.clone(), ends, tally: tally.clone() })?,
                Some(opened) => {
                    let mut record: Day = opened.record()?;
                    record.tally.add(tally);
                    record.ends = ends;
                    changes.revise(id, &record, Expected::Version(opened.version))?
                }
            };
        }
        self.vault.commit(duty, changes).await.map(|_| ())
    }

    /// The counts of some days, the oldest first; days without attempts are empty. Read as the asker, once for all.
    pub(crate) async fn tallies(&self, ctx: &Ctx, days: &[String]) -> Answer<Vec<(String, Tally)>> {
        self.flush_one(ctx.tenant, false).await?;
        let mut found: BTreeMap<String, Tally> = BTreeMap::new();
        let any = days.iter().map(|day| vault::Needle::Id(day_id(day))).collect();
        let clauses = vec![vault::Clause { field: "day", any }];
        let query = vault::Query { clauses, limit: vault::limits::PAGE_MAX, ..vault::Query::all(Day::DECL) };
        for opened in self.vault.search(ctx, &query).await?.page {
            let record: Day = opened.record()?;
            found.insert(record.day, record.tally);
        }
        Ok(days.iter().map(|day| (day.clone(), found.remove(day).unwrap_or_default())).collect())
    }
}

/// The record of a day has an id made from its date, so that two nodes cannot make two of them.
fn day_id(day: &str) -> RecordId {
    let mut bytes = *b"\0\0\0\0\0\0\x70\0\x80candors";
    let digits = day.bytes().filter(u8::is_ascii_digit);
    // Eight digits, two to a byte: the order of ids is the order of days.
    let mut nibbles = digits.map(|digit| digit - b'0');
    for byte in bytes.iter_mut().take(4) {
        let (high, low) = (nibbles.next().unwrap_or(0), nibbles.next().unwrap_or(0));
        *byte = high << 4 | low;
    }
    RecordId::from_bytes(bytes)
}

fn one(attempt: &web::Attempt, tenant: TenantId) -> One {
    let verdict = &attempt.verdict;
    let mut sorts: Vec<String> = verdict.hits.iter().filter_map(sort).collect();
    if matches!(verdict.decision, Decision::Block(Ground::Limit(_)) | Decision::WouldBlock(Ground::Limit(_))) {
        sorts.push("limit".to_owned());
    }
    sorts.sort_unstable();
    sorts.dedup();
    let mut rules: Vec<(u32, String)> =
        verdict.hits.iter().map(|hit| (hit.rule, cut(&hit.message, WORDS_CHARS_MAX))).take(NOTED_MAX).collect();
    rules.sort_unstable();
    rules.dedup_by_key(|(rule, _)| *rule);
    One {
        tenant,
        source: flood::source(attempt.sent.peer),
        route: attempt.route.unwrap_or("none").to_owned(),
        rules,
        sorts,
        score: verdict.score,
        verdict: if verdict.blocks() { Verdict::Blocked } else { Verdict::Observed },
    }
}

/// The sort of attack that a rule looks for: the house's own tag, or what CRS says after `attack-`.
fn sort(hit: &Hit) -> Option<String> {
    let crs = hit.tags.iter().find_map(|tag| tag.strip_prefix("attack-"));
    crs.or_else(|| hit.tags.first().map(|tag| &**tag).filter(|tag| tag.len() <= 24)).map(str::to_owned)
}

fn noted(attempt: &web::Attempt, one: One) -> Attempt {
    let verdict = &attempt.verdict;
    let limit = match verdict.decision {
        Decision::Block(Ground::Limit(limit)) | Decision::WouldBlock(Ground::Limit(limit)) => {
            Some(format!("{limit:?}").to_lowercase())
        }
        _ => None,
    };
    let noted = verdict.hits.iter().take(NOTED_MAX).map(|hit| Noted {
        rule: hit.rule,
        words: cut(&hit.message, WORDS_CHARS_MAX),
        places: hit.places.iter().map(|place| cut(&place.name, PLACE_CHARS_MAX)).collect(),
    });
    Attempt {
        at: attempt.now,
        ends: attempt.now.plus_seconds(KEPT_SECONDS),
        source: one.source,
        who: attempt.ctx.as_ref().map(|ctx| who(ctx.actor)),
        method: cut(&attempt.sent.method, 16),
        route: one.route,
        rules: one.rules.into_iter().map(|(rule, _)| rule).collect(),
        sorts: one.sorts,
        score: one.score,
        verdict: one.verdict,
        limit,
        noted: noted.collect(),
        count: 1,
        request: Some(attempt.sent.request),
        content: Attempt::KEPT.to_owned(),
    }
}

fn gathered(gathering: &Gathering) -> Attempt {
    let most = |counts: &BTreeMap<String, u64>| {
        counts.iter().max_by_key(|(_, count)| **count).map_or_else(String::new, |(name, _)| name.clone())
    };
    let noted = gathering.rules.iter().take(NOTED_MAX);
    Attempt {
        at: gathering.at,
        ends: gathering.at.plus_seconds(KEPT_SECONDS),
        source: gathering.source.clone(),
        who: None,
        method: "several".to_owned(),
        route: if gathering.routes.len() == 1 { most(&gathering.routes) } else { "several".to_owned() },
        rules: gathering.rules.keys().copied().collect(),
        sorts: gathering.sorts.keys().cloned().collect(),
        score: gathering.score,
        verdict: if gathering.blocked == gathering.count { Verdict::Blocked } else { Verdict::Observed },
        limit: None,
        noted: noted.map(|(rule, words)| Noted { rule: *rule, words: words.clone(), places: Vec::new() }).collect(),
        count: gathering.count,
        request: None,
        content: Attempt::GONE.to_owned(),
    }
}

fn content(attempt: &web::Attempt) -> Content {
    let uri = &attempt.sent.uri;
    let mut shown = Vec::new();
    for hit in attempt.verdict.hits.iter().take(NOTED_MAX) {
        for place in &hit.places {
            let plain = String::from_utf8_lossy(place.excerpt.danger_plain());
            let text = if mask::may_keep(&place.name, uri) { plain.into_owned() } else { mask::MASKED.to_owned() };
            shown.push(Shown { rule: hit.rule, place: cut(&place.name, PLACE_CHARS_MAX), text });
        }
    }
    Content { ends: attempt.now.plus_seconds(CONTENT_SECONDS), shown, kept: kept(&attempt.sent) }
}

fn kept(sent: &Sent) -> Kept {
    let uri = mask::query(&sent.uri);
    let body = if mask::is_secret_place(&sent.uri) { &[] } else { sent.body.as_ref() };
    let (uri_cut, body_cut) = (uri.len() > URI_BYTES_MAX, body.len() > BODY_BYTES_MAX);
    let headers = sent.headers.iter().take(HEADERS_MAX).map(|(name, value)| {
        let value = if mask::is_secret_header(name) { mask::MASKED.as_bytes() } else { value.as_slice() };
        (name.clone(), STANDARD.encode(value))
    });
    Kept {
        method: cut(&sent.method, 16),
        uri: cut(&uri, URI_BYTES_MAX),
        version: sent.version.to_owned(),
        headers: headers.collect(),
        body: STANDARD.encode(body.get(..BODY_BYTES_MAX).unwrap_or(body)),
        whole: !uri_cut && !body_cut && body.len() == sent.body.len() && uri == sent.uri,
    }
}

/// Who asks, as in evidence.
pub(crate) fn who(actor: Actor) -> String {
    match actor {
        Actor::Person(id) => format!("person:{id}"),
        Actor::Key(id) => format!("key:{id}"),
        Actor::Duty(name) => format!("duty:{name}"),
    }
}

fn cut(text: &str, chars: usize) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(chars).collect()
}

/// The house's own duty was refused: something is wrong with the house, not with the asker.
pub(crate) fn unexpected(doing: &'static str) -> impl Fn(No) -> Fault {
    move |no| match no {
        No::Fault(fault) => fault,
        No::Refusal(refusal) => Fault::new(doing, refusal),
    }
}

impl Content {
    /// Judges the kept request by the rules of today and the exclusions of an organisation, without blocking anything.
    pub(crate) fn judge(
        &self,
        watch: &Watch,
        tenant: TenantId,
        request: RequestId,
        now: Time,
    ) -> Result<shield::Verdict, Fault> {
        let mut headers = Vec::with_capacity(self.kept.headers.len());
        for (name, value) in &self.kept.headers {
            headers.push((name.clone(), decoded(value)?));
        }
        let body = decoded(&self.kept.body)?;
        let pairs: Vec<(&[u8], &[u8])> =
            headers.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())).collect();
        let mut kept = shield::Request::new(self.kept.method.as_bytes(), self.kept.uri.as_bytes());
        kept.version = self.kept.version.as_bytes();
        kept.headers = &pairs;
        kept.body = &body;
        let (id, outside) = (request.to_string(), watch.vault.outside());
        kept.unique_id = id.as_bytes();
        let overtime = || outside.now().seconds_since(now) > JUDGED_SECONDS_MAX;
        let held: Vec<_> = [watch.house, tenant].into_iter().filter_map(|tenant| watch.exclusions_of(tenant)).collect();
        let exclusions: Vec<&shield::Exclusions> = held.iter().map(AsRef::as_ref).collect();
        let mode = Some(shield::Mode::Observe);
        let terms = shield::Terms { exclusions: &exclusions, mode, overtime: Some(&overtime) };
        Ok(watch.inspector.inspect_under(&kept, terms))
    }

    /// The kept body as text; what is not text is shown as such.
    pub(crate) fn body_text(&self) -> Result<String, Fault> {
        Ok(String::from_utf8_lossy(&decoded(&self.kept.body)?).into_owned())
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, Fault> {
    STANDARD.decode(text).map_err(|_| Fault::new("reading a kept request", "a part is not in base64"))
}
