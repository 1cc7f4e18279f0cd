//! Access reviews: opened for somebody, decided one holding at a time, and what came of them.

use access::Ctx;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{Answer, No, RecordId, SubjectId, Time};
use web::parts::{
    Button, ButtonLink, Cell, Choice, Choices, Column, DateField, Empty, Facts, Field, Kind, Pick, Progress,
};
use web::parts::{Row, Select, Table, Tag, Tone};
use web::{Asker, Form, FromForm, Reader, Reply, Returned, Room, Width, status_of};

use super::super::State;
use super::approvals::{named, to};
use super::desk::{Card, Desk, Sentences, Sheet, Words, frame, last, moment, window};
use crate::kinds::{Review, ReviewItem, ReviewVerdict};
use crate::rights::{ReviewOrder, person};
use crate::rules::days;

/// Decisions faster than this on the whole are said to be fast, in seconds.
const FAST_SECONDS: i64 = 5;

pub(crate) async fn list(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let identity = &state.identity;
    let mut rows = Vec::new();
    for (id, review) in identity.reviews(&ctx).await? {
        rows.push(Row(vec![
            Cell::link(&review.title, format!("/reviews/{id}")),
            Cell::text(identity.name_of(&ctx, review.reviewer).await?),
            Cell::text(last(review.due)),
            Cell::text(format!("{} of {}", review.decided(), review.items.len())),
            Cell::part(&tag(&review, ctx.now)),
        ]));
    }
    let columns = vec![
        Column::text("Review"),
        Column::text("Reviewer"),
        Column::short("Due"),
        Column::number("Decided"),
        Column::short("State"),
    ];
    let none = Empty::new(
        "Nobody has reviewed access here yet.",
        "Ask somebody to look at who holds what, at least once a year.",
    );
    let mut desk = Desk::new("Access reviews", "One holding at a time; there is no way to keep all at once")
        .with(&Table::new("Reviews", columns, rows, none));
    if identity.may(&ctx, "review.open") {
        desk = desk.beside(&Card::new("New", "").action(&ButtonLink::quiet("Ask for a review", "/reviews/new")));
    }
    desk.with(&left_over(&state, &ctx).await?).answer(frame(&state, &ctx, &room, "Access reviews"))
}

fn tag(review: &Review, now: Time) -> Tag {
    match review.is_done() {
        true => Tag::new(Tone::Good, "Done"),
        false if review.due <= now => Tag::new(Tone::Bad, "Overdue"),
        false if review.begun.is_some() => Tag::new(Tone::Info, "Under way"),
        false => Tag::new(Tone::Warn, "Not begun"),
    }
}

async fn left_over(state: &State, ctx: &Ctx) -> Answer<Card> {
    let mut rows = Vec::new();
    for (id, account, seen) in state.identity.left_over(ctx).await? {
        rows.push(Row(vec![
            Cell::link(&account.name, format!("/people/{id}")),
            Cell::text(seen.map_or("never, as far as the log was read".to_owned(), moment)),
            Cell::part(&super::people::state_tag(&account, ctx.now)),
        ]));
    }
    let columns = vec![Column::text("Name"), Column::short("Last seen"), Column::short("Access")];
    let none = Empty::new(
        "Nothing is left over.",
        "Everybody who holds a role belongs here and has been seen in the last 90 days.",
    );
    let table = Table::new("Left over", columns, rows, none);
    Ok(Card::new("Left over", "Roles of people who left, or whom nobody has seen for 90 days").with(&table))
}

/// A review to be asked for.
pub(crate) struct Wish {
    title: String,
    reviewer: SubjectId,
    role: Option<String>,
    due: Time,
}

impl FromForm for Wish {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let title = read.required("title", "Give it a title.", |text| Ok(text.chars().take(80).collect()));
        let choose = |text: &str| text.parse().map_err(|_| "Choose somebody.".to_owned());
        let reviewer = read.required("reviewer", "Choose somebody.", choose);
        let role = read.optional("role", |text| Ok(text.to_owned()));
        let due = read.date("due", "By when should it be done?");
        Some(Self {
            title: title?,
            reviewer: reviewer?,
            role: role?,
            due: due.map(|(year, month, day)| days::ends(year, month, day))?,
        })
    }
}

pub(crate) async fn ask_new(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    new_page(&state, &ctx, &room, &Returned::blank(), StatusCode::OK).await
}

pub(crate) async fn open(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Form(sent): Form<Wish>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return new_page(&state, &ctx, &room, &form, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let Wish { title, reviewer, role, due } = draft.value;
    match state.identity.open_review(&ctx, ReviewOrder { title, reviewer, role, due }).await {
        Ok(id) => to(&format!("/reviews/{id}")),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            new_page(&state, &ctx, &room, &Returned::refused(draft.fields, &refusal), status_of(refusal.kind)).await
        }
        Err(no) => Err(no.into()),
    }
}

async fn new_page(state: &State, ctx: &Ctx, room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let identity = &state.identity;
    let mut people = vec![Choice::new("", "Choose somebody")];
    for (id, account) in identity.accounts(ctx).await? {
        let grants = identity.holdings(ctx, &account).await?;
        let wanted = identity.vault().registry().set(["review.decide"]);
        if grants.iter().any(|grant| !grant.set.and(wanted).is_empty()) {
            people.push(Choice::new(id.to_string(), account.name));
        }
    }
    let mut roles = vec![Choice::new("", "All roles")];
    roles.extend(identity.givable(ctx).await?.into_iter().map(|role| Choice::new(role.name, role.title)));
    let sheet = Sheet::new(room, "/reviews/new")
        .with(&Field::new("title", "Title", Kind::Text, form).hint("Such as Spring 2027."))
        .with(
            &Select::new("reviewer", "Who looks", people, form)
                .hint("Their own roles are left out; somebody else has to review those."),
        )
        .with(&Select::new("role", "What", roles, form))
        .with(&DateField::new("due", "To be done by", form))
        .button(&Button::primary("Ask for it"))
        .button(&ButtonLink::quiet("Back", "/reviews"));
    Desk::new("Ask for an access review", "")
        .problems(form, status)
        .with(&sheet)
        .answer(frame(state, ctx, room, "Ask for an access review").width(Width::Reading))
}

pub(crate) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let id = named(&id)?;
    let (review, _) = state.identity.review(&ctx, id).await?;
    let reviewer = state.identity.name_of(&ctx, review.reviewer).await?;
    let own = person(&ctx).is_ok_and(|own| own == review.reviewer) && state.identity.may(&ctx, "review.decide");
    let mut desk = Desk::new(&review.title, format!("by {reviewer}, to be done by {}", last(review.due)));
    let next = review.items.iter().position(|item| item.decision.is_none());
    if let (true, Some(next)) = (own, next) {
        let words = format!("{} of {} decided", review.decided(), review.items.len());
        let (done, of) = (review.decided() as u64, review.items.len() as u64);
        let card = Card::new("Yours to do", "").with(&Progress { words, done, of });
        desk = desk.with(&match review.begun {
            None => card.action(&Sheet::only(&room, format!("/reviews/{id}/begin"), &Button::primary("Begin"))),
            Some(_) => card.action(&ButtonLink::primary("Go on", format!("/reviews/{id}/{next}"))),
        });
    }
    desk.with(&decided(&state, &ctx, &review).await?).beside(&in_numbers(&review)).answer(frame(
        &state,
        &ctx,
        &room,
        &review.title,
    ))
}

async fn decided(state: &State, ctx: &Ctx, review: &Review) -> Answer<Table> {
    let mut rows = Vec::new();
    for item in &review.items {
        let (what, seconds) = match &item.decision {
            None => ("not decided".to_owned(), String::new()),
            Some(decision) => (verdict_words(decision.verdict), format!("{} s", decision.seconds)),
        };
        let enforced = match state.identity.is_enforced(ctx, item).await? {
            None => Cell::text(""),
            Some(true) => Cell::part(&Tag::new(Tone::Good, "It is so now")),
            Some(false) => Cell::part(&Tag::new(Tone::Bad, "It is not so now")),
        };
        rows.push(Row(vec![
            Cell::link(state.identity.name_of(ctx, item.account).await?, format!("/people/{}", item.account)),
            Cell::text(state.identity.title_of(ctx, &item.role).await?),
            Cell::text(what),
            Cell::text(seconds),
            enforced,
        ]));
    }
    let columns = vec![
        Column::text("Who"),
        Column::text("Role"),
        Column::short("Decision"),
        Column::number("Took"),
        Column::short("Checked just now"),
    ];
    Ok(Table::new("Holdings", columns, rows, Empty::new("There is nothing in this review.", "")))
}

fn in_numbers(review: &Review) -> Card {
    let mut facts = vec![
        ("Holdings", Cell::text(review.items.len().to_string())),
        ("Decided", Cell::text(review.decided().to_string())),
        ("Opened", Cell::text(moment(review.opened))),
    ];
    let median = review.median_seconds();
    if let Some(seconds) = median {
        facts.push(("Middle", Cell::text(format!("{seconds} seconds a decision"))));
    }
    let card = Card::new("In numbers", "").with(&Facts::new(facts));
    match median.is_some_and(|seconds| seconds < FAST_SECONDS) {
        true => card.with(&Words::small(
            "Half of the decisions took less than five seconds. That is hardly time to read them.",
        )),
        false => card,
    }
}

fn verdict_words(verdict: ReviewVerdict) -> String {
    match verdict {
        ReviewVerdict::Keep => "kept".to_owned(),
        ReviewVerdict::Until { until } => format!("until the end of {}", last(until)),
        ReviewVerdict::Remove => "taken away".to_owned(),
    }
}

pub(crate) async fn begin(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Only>,
) -> Reply {
    let id = named(&id)?;
    if sent.is_ok() {
        state.identity.begin_review(&ctx, id).await?;
    }
    to(&format!("/reviews/{id}/0"))
}

/// What becomes of one holding.
pub(crate) struct Decided(ReviewVerdict);

impl FromForm for Decided {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let chosen = read.required("verdict", "Choose what becomes of it.", |text| Ok(text.to_owned()))?;
        match chosen.as_str() {
            "keep" => Some(Self(ReviewVerdict::Keep)),
            "remove" => Some(Self(ReviewVerdict::Remove)),
            _ => {
                let (year, month, day) = read.date("until", "Until which day may they keep it?")?;
                Some(Self(ReviewVerdict::Until { until: days::ends(year, month, day) }))
            }
        }
    }
}

pub(crate) async fn item(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path((id, number)): Path<(String, usize)>,
) -> Reply {
    item_page(&state, &ctx, &room, named(&id)?, number, &Returned::blank(), StatusCode::OK).await
}

pub(crate) async fn decide(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path((id, number)): Path<(String, usize)>,
    Form(sent): Form<Decided>,
) -> Reply {
    let id = named(&id)?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => {
            return item_page(&state, &ctx, &room, id, number, &form, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    state.identity.decide_holding(&ctx, id, number, draft.value.0).await?;
    let (review, _) = state.identity.review(&ctx, id).await?;
    match review.items.iter().position(|item| item.decision.is_none()) {
        Some(next) => to(&format!("/reviews/{id}/{next}")),
        None => to(&format!("/reviews/{id}")),
    }
}

async fn item_page(
    state: &State,
    ctx: &Ctx,
    room: &Room,
    id: RecordId,
    number: usize,
    form: &Returned,
    status: StatusCode,
) -> Reply {
    let (review, _) = state.identity.review(ctx, id).await?;
    let Some(item) = review.items.get(number).filter(|item| item.decision.is_none()) else {
        return to(&format!("/reviews/{id}"));
    };
    let name = state.identity.name_of(ctx, item.account).await?;
    let role = state.identity.title_of(ctx, &item.role).await?;
    let choices = vec![
        Choice::new("keep", "They still need it").hint("It stays as it is."),
        Choice::new("until", "They need it until a day").hint("Enter the day below."),
        Choice::new("remove", "They do not need it").hint("It is gone with their next request."),
    ];
    let sheet = Sheet::new(room, format!("/reviews/{id}/{number}"))
        .with(&Choices::new("verdict", "What becomes of it", Pick::One, choices, form))
        .with(&DateField::new("until", "Last day", form).hint("Only if they need it until a day."))
        .button(&Button::primary("Decide, and go on"))
        .button(&ButtonLink::quiet("Stop here", format!("/reviews/{id}")));
    Desk::new(format!("{name}: {role}"), format!("{} of {}", review.decided() + 1, review.items.len()))
        .problems(form, status)
        .with(&about(state, &review, item))
        .with(&sheet)
        .answer(frame(state, ctx, room, format!("{name}: {role}")).width(Width::Reading))
}

fn about(state: &State, review: &Review, item: &ReviewItem) -> Card {
    let seen = item.last_used.map_or_else(
        || format!("not seen since {}, which is as far back as was looked", moment(review.used_since)),
        moment,
    );
    let facts =
        Facts::new(vec![("Holds it", Cell::text(window(item.from, item.until))), ("Last seen", Cell::text(seen))]);
    let registry = state.identity.vault().registry();
    let words =
        |name: &String| registry.permissions().iter().find(|decl| decl.name == *name).map(|decl| decl.words.to_owned());
    let unused: Vec<String> = item.unused.iter().filter_map(words).collect();
    let card = Card::new("What is known", "").with(&facts);
    match unused.is_empty() {
        true => card.with(&Words::new("They have used everything that this role permits.")),
        false => card.with(&Sentences { heading: "They have not used".to_owned(), lines: unused }),
    }
}
