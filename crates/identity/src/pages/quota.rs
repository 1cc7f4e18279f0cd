use access::Actor;
use askama::Template;
use axum::extract::State as Held;
use axum::http::StatusCode;
use model::{No, SubjectId};
use web::parts::{Button, ButtonLink, Cell, Column, Empty, ErrorSummary, Field, Figures, Kind, Progress, Row, Table};
use web::{
    Asker, Fields, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, Width, page, see_other, status_of,
};

use super::State;
use crate::kinds::QuotaRule;
use crate::quota::Standing;
use crate::roles;
use crate::rules::quota;

const HERE: &str = "/quota";

#[derive(Template)]
#[template(path = "quota.html")]
struct QuotaPage {
    month: String,
    figures: Figures,
    progress: Progress,
    renews: String,
    everybody: Option<Table>,
    rule: String,
    change: Option<ButtonLink>,
}

#[derive(Template)]
#[template(path = "quota_rule.html")]
struct RulePage {
    token: FormToken,
    summary: ErrorSummary,
    tokens: Field,
    zone: Field,
    go: Button,
    back: ButtonLink,
}

pub(super) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let Actor::Person(id) = ctx.actor else { return Err(model::Refusal::not_found().into()) };
    let own = state.identity.quota_of(&ctx, SubjectId::from_uuid(id.uuid())).await?;
    let door = state.identity.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
    let (rule, _) = state.identity.quota_rule(&door).await?;
    let everybody = match super::may(&state, &ctx, "quota.read") {
        true => Some(table(&state.identity.quotas(&ctx).await?)),
        false => None,
    };
    let used = own.spent.saturating_add(own.reserved);
    let body = QuotaPage {
        month: own.month.as_str().to_owned(),
        figures: Figures::new(&[
            (own.spent, "used"),
            (own.reserved, "set aside for work under way"),
            (own.left(), "left"),
        ]),
        progress: Progress {
            words: format!("{used} of {} tokens", own.limit),
            done: used.min(own.limit),
            of: own.limit,
        },
        renews: format!("The next month begins on {} ({}).", minute(&own), rule.zone),
        everybody,
        rule: format!("{} tokens for each person and month; a month begins at midnight in {}.", rule.tokens, rule.zone),
        change: super::may(&state, &ctx, "quota.update").then(|| ButtonLink::quiet("Change", "/quota/rule")),
    };
    page(super::frame(&state, &room, "Monthly tokens").width(Width::Page), body)
}

fn minute(standing: &Standing) -> String {
    let text = standing.renews.to_string();
    format!("{} UTC", text.get(..16).unwrap_or(&text).replace('T', ", "))
}

fn table(everybody: &[(String, Standing)]) -> Table {
    let row = |(name, standing): &(String, Standing)| {
        let before = standing.earlier.first().map_or(Cell::faint("none"), |(_, spent)| Cell::text(spent.to_string()));
        Row(vec![
            Cell::text(name.clone()),
            Cell::text(standing.spent.to_string()),
            Cell::text(standing.reserved.to_string()),
            Cell::text(standing.left().to_string()),
            before,
        ])
    };
    let columns = vec![
        Column::text("Who"),
        Column::number("Used"),
        Column::number("Set aside"),
        Column::number("Left"),
        Column::number("The month before"),
    ];
    let empty = Empty::new("Nobody has used any tokens yet", "Whoever does stands here with what they used.");
    Table::new("Monthly tokens of everybody", columns, everybody.iter().map(row).collect(), empty)
}

impl FromForm for QuotaRule {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let tokens = read.required("tokens", "Enter a number of tokens. 0 stops all such work.", |text| {
            let number = text.replace([',', ' '], "").parse().ok().filter(|number| *number <= quota::TOKENS_MAX);
            number.ok_or_else(|| format!("Enter a whole number up to {}.", quota::TOKENS_MAX))
        });
        let zone = read.required("zone", "Enter the time zone in which a month begins.", |text| {
            quota::zone(text).map(|_| text.to_owned())
        });
        Some(Self { tokens: tokens?, zone: zone? })
    }
}

pub(super) async fn ask_rule(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let door = state.identity.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
    let (rule, _) = state.identity.quota_rule(&door).await?;
    let fields = Fields::of(&[("tokens", &rule.tokens.to_string()), ("zone", &rule.zone)]);
    rule_page(&state, &room, &Returned { fields, problems: Vec::new() }, StatusCode::OK)
}

pub(super) async fn set_rule(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Form(sent): Form<QuotaRule>,
) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return rule_page(&state, &room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    match state.identity.set_quota_rule(&ctx, &draft.value).await {
        Ok(()) => Ok(see_other(&Next::own(HERE))),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            rule_page(&state, &room, &Returned::refused(draft.fields, &refusal), status_of(refusal.kind))
        }
        Err(no) => Err(no.into()),
    }
}

fn rule_page(state: &State, room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let body = RulePage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        tokens: Field::new("tokens", "Tokens for each person and month", Kind::Digits, form).chars(20),
        zone: Field::new("zone", "Time zone", Kind::Text, form)
            .hint("Where a month begins, such as Europe/London or America/New_York")
            .chars(20),
        go: Button::primary("Save"),
        back: ButtonLink::quiet("Back", HERE),
    };
    page(super::frame(state, room, "Everybody's monthly tokens").width(Width::Reading).status(status), body)
}
