//! Roles: those of the house, and those that an organisation makes for itself.

use access::{Ctx, Holder, PermissionSet};
use axum::extract::{Path, State as Held};
use model::{Answer, Kind as _, RecordId, Refusal};
use vault::Opened;
use web::parts::{Button, ButtonLink, Cell, Column, Empty, Facts, Row, Table, Tag, Tone};
use web::{Asker, Form, Next, Reply, Room, see_other};

use super::super::State;
use super::desk::{Card, Desk, Sentences, Sheet, Words, frame, window};
use crate::kinds::{Account, CustomRole};
use crate::rights::Holding;

pub(crate) async fn list(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let identity = &state.identity;
    let accounts = accounts_if_seen(&state, &ctx).await?;
    let holders = |name: &str| match &accounts {
        Some(accounts) => accounts.iter().filter(|one| holds(one, name)).count().to_string(),
        None => "not shown".to_owned(),
    };
    let row = |role: &Holding| {
        let governing = identity.governs(role.set);
        let kind = if governing { Tag::new(Tone::Warn, "Governs others") } else { Tag::new(Tone::Plain, "Everyday") };
        Row(vec![
            Cell::link(&role.title, format!("/roles/{}", role.name)),
            Cell::text(&role.words),
            Cell::part(&kind),
            Cell::text(role.set.len().to_string()),
            Cell::text(holders(&role.name)),
        ])
    };
    let columns = || {
        vec![
            Column::text("Role"),
            Column::text("What it is for"),
            Column::short("Kind"),
            Column::number("Permissions"),
            Column::number("Held by"),
        ]
    };
    let own: Vec<Holding> = identity.own_holdings(&ctx).await?;
    let house: Vec<Holding> = identity.house_holdings(&ctx).await?;
    let none =
        Empty::new("This organisation has made no role of its own.", "Open a role of the house and make one from it.");
    let own = Table::new("Roles of the organisation's own", columns(), own.iter().map(row).collect(), none);
    let none = Empty::new("There are no roles.", "");
    let count = house.len();
    let house = Table::new("Roles of the house", columns(), house.iter().map(row).collect(), none);
    Desk::new("Roles", format!("{} permissions in all", identity.vault().registry().permissions().len()))
        .with(&Card::new("Your organisation's own", "Made from a role of the house and changed").with(&own))
        .with(
            &Card::new("Roles that come with the house", format!("{count} of them; they cannot be changed"))
                .with(&house),
        )
        .with(&Card::new("What nobody can do", "Whatever role they hold").with(&Sentences {
            heading: "There is no permission for any of this, and there cannot be one.".to_owned(),
            lines: access::rails::IMPOSSIBLE.iter().map(|rail| rail.words.to_owned()).collect(),
        }))
        .answer(frame(&state, &ctx, &room, "Roles"))
}

fn holds(account: &Account, role: &str) -> bool {
    account.roles.iter().any(|held| held.role == role)
}

async fn accounts_if_seen(state: &State, ctx: &Ctx) -> Answer<Option<Vec<Account>>> {
    if !state.identity.may(ctx, "account.read") {
        return Ok(None);
    }
    Ok(Some(state.identity.accounts(ctx).await?.into_iter().map(|(_, account)| account).collect()))
}

pub(crate) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(name): Path<String>) -> Reply {
    let identity = &state.identity;
    let holding = identity.holding(&ctx, &name).await?.ok_or_else(Refusal::not_found)?;
    let mut desk = Desk::new(&holding.title, &holding.words).with(&does(&state, &holding));
    let mut facts = vec![("Name", Cell::text(&holding.name))];
    let mut around = Card::new("This role", "");
    match CustomRole::named(&name) {
        None => {
            if identity.may_step_up(&ctx, "role.create") {
                around =
                    around.action(&ButtonLink::quiet("Make a role from this", format!("/roles/new?template={name}")));
            }
        }
        Some(id) => {
            let (role, _) = identity.role(&ctx, id).await?;
            desk = desk.with(&difference(&state, &holding, &role));
            let template = identity.vault().registry().role(&role.template);
            facts.push(("Made from", Cell::text(template.map_or(role.template.as_str(), |role| role.decl.title))));
            if identity.may_step_up(&ctx, "role.update") {
                around = around.action(&ButtonLink::quiet("Change it", format!("/roles/{name}/edit")));
            }
            if identity.may_step_up(&ctx, "role.retire") {
                let retire = Sheet::only(&room, format!("/roles/{name}/retire"), &Button::grave("Take out of use"));
                around = around.action(&retire);
            }
        }
    }
    if identity.may(&ctx, "account.read") {
        desk = desk.with(&holders(&state, &ctx, &name).await?);
    }
    if identity.governs(holding.set) {
        around = around.with(&Words::small("It governs others, so giving it to somebody takes two administrators."));
    }
    desk.beside(&around.with(&Facts::new(facts))).answer(frame(&state, &ctx, &room, &holding.title))
}

/// What a role lets people do, in words, by group.
fn does(state: &State, holding: &Holding) -> Card {
    let mut card = Card::new("What it lets people do", format!("{} permissions", holding.set.len()));
    if holding.set.is_empty() {
        return card
            .with(&Words::new("Nothing at all. Whoever holds only this role can sign in and reach nothing else."));
    }
    for (group, lines) in in_words(state, holding.set) {
        card = card.with(&Sentences { heading: group.to_owned(), lines });
    }
    if !holding.purposes.is_any() {
        let names: Vec<&str> = holding.purposes.iter().map(model::Purpose::name).collect();
        card = card.with(&Words::new(format!("Only for these purposes: {}.", names.join(", "))));
    }
    card
}

/// The sentences of a set, by group, in the order of groups.
pub(crate) fn in_words(state: &State, set: PermissionSet) -> Vec<(&'static str, Vec<String>)> {
    let registry = state.identity.vault().registry();
    let mut groups: Vec<(&'static str, Vec<String>)> = Vec::new();
    let mut decls: Vec<_> = registry.permissions().iter().collect();
    decls.sort_by_key(|decl| (decl.group, decl.name));
    for decl in decls {
        if !registry.permission(decl.name).is_some_and(|permission| set.contains(permission)) {
            continue;
        }
        match groups.last_mut() {
            Some((group, lines)) if *group == decl.group => lines.push(decl.words.to_owned()),
            _ => groups.push((decl.group, vec![decl.words.to_owned()])),
        }
    }
    groups
}

/// What an organisation's own role permits more and less than the one it was made from.
fn difference(state: &State, holding: &Holding, role: &CustomRole) -> Card {
    let registry = state.identity.vault().registry();
    let template = registry.role(&role.template).map(|role| role.set).unwrap_or_default();
    let lines = |set: PermissionSet| -> Vec<String> {
        let inside = registry.permissions().iter();
        let inside = inside.filter(|decl| registry.permission(decl.name).is_some_and(|it| set.contains(it)));
        inside.map(|decl| format!("{} ({})", decl.words.trim_end_matches('.'), decl.name)).collect()
    };
    let (more, less) = (lines(holding.set.without(template)), lines(template.without(holding.set)));
    let card = Card::new("Compared with what it was made from", "");
    if more.is_empty() && less.is_empty() {
        return card.with(&Words::new("It permits exactly the same."));
    }
    let card = match more.is_empty() {
        true => card,
        false => card.with(&Sentences { heading: "It also permits".to_owned(), lines: more }),
    };
    match less.is_empty() {
        true => card,
        false => card.with(&Sentences { heading: "It does not permit".to_owned(), lines: less }),
    }
}

async fn holders(state: &State, ctx: &Ctx, name: &str) -> Answer<Card> {
    let mut rows = Vec::new();
    for (id, account) in state.identity.accounts(ctx).await? {
        for held in account.roles.iter().filter(|held| held.role == name) {
            rows.push(Row(vec![
                Cell::link(&account.name, format!("/people/{id}")),
                Cell::text(window(held.from, held.until)),
            ]));
        }
    }
    let words = match rows.len() {
        1 => "One person".to_owned(),
        count => format!("{count} people"),
    };
    let none = Empty::new("Nobody holds this role.", "");
    let table = Table::new("Who holds it", vec![Column::text("Name"), Column::text("When")], rows, none);
    Ok(Card::new("Who holds it", words).with(&table))
}

pub(crate) async fn retire(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(name): Path<String>,
    Form(sent): Form<super::Only>,
) -> Reply {
    let id = own(&name)?;
    if sent.is_ok() {
        state.identity.retire_role(&ctx, id).await?;
    }
    Ok(see_other(&Next::own("/roles")))
}

/// The organisation's own role in an address.
pub(crate) fn own(name: &str) -> Result<RecordId, Refusal> {
    CustomRole::named(name).ok_or_else(Refusal::not_found)
}

impl crate::Identity {
    /// What a held role is called.
    pub(crate) async fn title_of(&self, ctx: &Ctx, name: &str) -> Answer<String> {
        Ok(self.holding(ctx, name).await?.map_or_else(|| "A role that is no longer there".to_owned(), |it| it.title))
    }

    /// The organisation's own roles.
    pub(crate) async fn own_holdings(&self, ctx: &Ctx) -> Answer<Vec<Holding>> {
        let found: Vec<Opened> = self.every(ctx, CustomRole::DECL).await?;
        let mut own = Vec::new();
        for opened in found {
            own.push(self.holding_of(&CustomRole::held_as(opened.id), &opened.record()?));
        }
        own.sort_by_key(|role| role.title.to_lowercase());
        Ok(own)
    }

    /// The roles of the house that can be held in this organisation.
    pub(crate) async fn house_holdings(&self, ctx: &Ctx) -> Answer<Vec<Holding>> {
        let mut found = Vec::new();
        for role in self.vault().registry().roles().filter(|role| role.decl.holder() != Holder::Duty) {
            found.extend(self.holding(ctx, role.decl.name).await?);
        }
        found.sort_by(|one, other| one.title.cmp(&other.title));
        Ok(found)
    }

    /// Every role that could be given here.
    pub(crate) async fn givable(&self, ctx: &Ctx) -> Answer<Vec<Holding>> {
        let mut all = self.own_holdings(ctx).await?;
        all.extend(self.house_holdings(ctx).await?);
        Ok(all)
    }
}
