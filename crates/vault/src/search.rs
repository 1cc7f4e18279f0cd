use std::collections::BTreeSet;

use access::Ctx;
use model::{Answer, KindDecl, RecordId, Refusal, RefusalKind, Search};
use seal::TenantKeys;
use storage::{Order, Space, Span};

use crate::evidence::Deed;
use crate::rows::{self, HeadView, State};
use crate::terms::{beginning, ordered};
use crate::{Opened, Vault, limits, storage_fault};

/// What to look for: records of one kind for which every clause holds.
pub struct Query<'a> {
    /// The kind.
    pub kind: &'static KindDecl,
    /// Every one must hold. None means all records of the kind.
    pub clauses: Vec<Clause>,
    /// Holds for the opened body too; digests are truncated, so a match is a candidate until opened.
    pub holds: &'a (dyn Fn(&[u8]) -> bool + Send + Sync),
    /// Records on the page, at most [`limits::PAGE_MAX`].
    pub limit: usize,
    /// Continue after this record, from [`Found::next`].
    pub after: Option<RecordId>,
    /// Newest first, or oldest first.
    pub newest_first: bool,
}

/// Any of these needles must be found in the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The declared field.
    pub field: &'static str,
    /// The alternatives.
    pub any: Vec<Needle>,
}

/// How a field is asked for. Must fit the field's declared search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needle {
    /// The whole value (`Search::Exact`).
    Exact(String),
    /// The beginning of a word (`Search::Words`).
    Beginning(String),
    /// A year, month or day: `1988`, `1988-03`, `1988-03-04` (`Search::Bucket`).
    Bucket(String),
    /// From one value (inclusive) to another (exclusive) (`Search::Ordered`).
    Range(String, String),
    /// The record's own id.
    Id(RecordId),
    /// A needle in another field than the clause's, for what may stand in any of several.
    In(&'static str, Box<Needle>),
}

/// One page of what was found.
pub struct Found {
    /// The records on this page.
    pub page: Vec<Opened>,
    /// How many candidates there are in all, before [`Query::holds`]. For a list without clauses, more than
    /// [`limits::CANDIDATES_MAX`] means "more than that".
    pub total: usize,
    /// Where the next page begins, if there may be one.
    pub next: Option<RecordId>,
}

impl<'a> Query<'a> {
    /// All records of a kind, newest first.
    pub fn all(kind: &'static KindDecl) -> Query<'a> {
        Query { kind, clauses: Vec::new(), holds: &|_| true, limit: 20, after: None, newest_first: true }
    }
}

/// Records that may be what is looked for, in the order asked for.
struct Candidates {
    /// Those that come after [`Query::after`].
    ids: Vec<RecordId>,
    /// All of them.
    total: usize,
    /// Whether there are more after the last of `ids`.
    cut: bool,
}

impl Vault {
    /// Finds records through keyed digests, opens one page and records who was shown, in one evidence entry.
    pub async fn search(&self, ctx: &Ctx, query: &Query<'_>) -> Answer<Found> {
        let shelf = self.shelf(query.kind)?;
        let mut deed = Deed::new("search", query.kind.name, "done");
        self.decide_read(ctx, shelf, None, &deed).await?;
        let keys = self.tenant_keys(ctx.tenant).await?;
        let candidates = match self.candidates(ctx, &keys, query).await? {
            Ok(candidates) => candidates,
            Err(refusal) => {
                deed.outcome = "refused";
                return Err(self.refuse(ctx, &deed, refusal).await);
            }
        };
        let limit = query.limit.clamp(1, limits::PAGE_MAX);
        let mut page: Vec<Opened> = Vec::new();
        let mut next = candidates.ids.last().copied().filter(|_| candidates.cut);
        let mut shown = Vec::new();
        for id in candidates.ids {
            if page.len() == limit {
                next = page.last().map(|last| last.id);
                break;
            }
            let Some(opened) = self.candidate(ctx, &keys, shelf, id).await? else { continue };
            if (query.holds)(&opened.body) {
                shown.extend(opened.subject.map(|subject| keys.subject_digest(subject)));
                page.push(opened);
            }
        }
        deed.shown = Some(shown);
        // ORDER: durable evidence first, then the page leaves.
        self.record(ctx, &deed).await?;
        Ok(Found { page, total: candidates.total, next })
    }

    async fn candidate(
        &self,
        ctx: &Ctx,
        keys: &TenantKeys,
        shelf: crate::Shelf,
        id: RecordId,
    ) -> Answer<Option<Opened>> {
        let key = rows::row_key(shelf.decl, id);
        let row =
            self.engine.read(ctx.tenant, Space::Head, &key).await.map_err(storage_fault("opening a search result"))?;
        let Some(row) = row else { return Ok(None) };
        let head = HeadView::of(&row.value)?;
        if head.state != State::Live {
            return Ok(None);
        }
        let Some(key) = self.subject_key(ctx, keys, head.subject).await? else { return Ok(None) };
        Ok(Some(self.open_row(ctx, shelf, id, &row, &head, &key)?))
    }

    async fn candidates(&self, ctx: &Ctx, keys: &TenantKeys, query: &Query<'_>) -> Answer<Result<Candidates, Refusal>> {
        let mut ids: Option<BTreeSet<RecordId>> = None;
        for clause in &query.clauses {
            let mut found = BTreeSet::new();
            for needle in &clause.any {
                if let Needle::Id(id) = needle {
                    found.insert(*id);
                    continue;
                }
                let Some((from, to)) = span_of(keys, query.kind, clause.field, needle) else {
                    return Ok(Err(Refusal::new(
                        RefusalKind::Invalid,
                        format!("{} cannot be searched in this way.", clause.field),
                    )));
                };
                found.extend(self.marked(ctx, from, to, Order::Ascending).await?);
            }
            if found.len() > limits::CANDIDATES_MAX {
                return Ok(Err(Refusal::new(
                    RefusalKind::Invalid,
                    "Too many records match. Type more of the name, or add a date of birth.",
                )));
            }
            ids = Some(match ids {
                None => found,
                Some(before) => before.intersection(&found).copied().collect(),
            });
        }
        let Some(ids) = ids else { return Ok(Ok(self.listed(ctx, keys, query).await?)) };
        Ok(Ok(Candidates { total: ids.len(), ids: in_order(&ids, query), cut: false }))
    }

    /// Every live record of the kind, by the list that the index keeps of them.
    async fn listed(&self, ctx: &Ctx, keys: &TenantKeys, query: &Query<'_>) -> Answer<Candidates> {
        let prefix = rows::listed_prefix(keys, query.kind);
        let (first, end) = (prefix.clone(), rows::after_prefix(&prefix));
        let (from, to, order) = match (query.newest_first, query.after) {
            (true, None) => (first.clone(), end.clone(), Order::Descending),
            (true, Some(after)) => (first.clone(), rows::with_id(&prefix, after), Order::Descending),
            (false, None) => (first.clone(), end.clone(), Order::Ascending),
            (false, Some(after)) => {
                let mut above = rows::with_id(&prefix, after);
                above.push(0);
                (above, end.clone(), Order::Ascending)
            }
        };
        let ids = self.marked(ctx, from, to, order).await?;
        let total = match query.after {
            None => ids.len(),
            Some(_) => self.marked(ctx, first, end, Order::Ascending).await?.len(),
        };
        Ok(Candidates { total, cut: ids.len() > limits::CANDIDATES_MAX, ids })
    }

    /// The records that stand in a span of the index, one more than the limit at most.
    async fn marked(&self, ctx: &Ctx, from: Vec<u8>, to: Vec<u8>, order: Order) -> Answer<Vec<RecordId>> {
        let span = Span { from, to, order, limit: limits::CANDIDATES_MAX + 1 };
        let rows = self.engine.scan(ctx.tenant, Space::Term, span).await.map_err(storage_fault("searching"))?;
        let id = |key: &[u8]| key.split_last_chunk::<16>().map(|(_, id)| RecordId::from_bytes(*id));
        Ok(rows.iter().filter_map(|(key, _)| id(key)).collect())
    }
}

fn in_order(ids: &BTreeSet<RecordId>, query: &Query<'_>) -> Vec<RecordId> {
    use std::ops::Bound::{Excluded, Unbounded};
    match (query.newest_first, query.after) {
        (true, None) => ids.iter().rev().copied().collect(),
        (true, Some(after)) => ids.range(..after).rev().copied().collect(),
        (false, None) => ids.iter().copied().collect(),
        (false, Some(after)) => ids.range((Excluded(after), Unbounded)).copied().collect(),
    }
}

/// The keys in `Space::Term` that a needle stands for; none if the field is not declared for it.
fn span_of(keys: &TenantKeys, kind: &'static KindDecl, field: &str, needle: &Needle) -> Option<(Vec<u8>, Vec<u8>)> {
    if let Needle::In(field, needle) = needle {
        return span_of(keys, kind, field, needle);
    }
    let decl = kind.field(field)?;
    let digest = |value: &str| {
        let prefix = keys.term_digest(kind.name, decl.name, value.as_bytes()).to_vec();
        (prefix.clone(), rows::after_prefix(&prefix))
    };
    match (needle, decl.search) {
        (Needle::Exact(value), Search::Exact) | (Needle::Bucket(value), Search::Bucket(_)) => Some(digest(value)),
        (Needle::Beginning(word), Search::Words) => Some(digest(&beginning(word))),
        (Needle::Range(from, to), Search::Ordered) => {
            Some((ordered(keys, kind, decl.name, from), ordered(keys, kind, decl.name, to)))
        }
        _ => None,
    }
}
