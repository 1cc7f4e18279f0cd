use std::sync::{Arc, PoisonError};

use access::Ctx;
use model::{Answer, Fault, Kind, RecordId, Refusal, RefusalKind, TenantId};
use shield::{Route, Rules};
use vault::{Changes, Expected};

use crate::Watch;
use crate::kinds::{Attempt, Exclusion};
use crate::record::{unexpected, who};
use crate::rules::narrow;

/// Exclusions in force in one organisation at a time. More of them would be another rule set.
const IN_FORCE_MAX: usize = 50;

/// A rule and a place where it matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The rule.
    pub rule: u32,
    /// The place, such as `ARGS:note`.
    pub place: String,
}

/// A narrow exclusion that somebody asks for.
///
/// A mechanism of four eyes that stands outside this crate can hold one as a proposal, and call [`Watch::exclude`] as the
/// second person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrow {
    /// The attempt that showed that the rule is wrong there.
    pub attempt: RecordId,
    /// Which rule, and where.
    pub pair: Pair,
    /// Why.
    pub reason: String,
}

impl Watch {
    /// Takes one field of one route out of one rule's sight, in the asker's organisation, at once.
    pub async fn exclude(&self, ctx: &Ctx, narrow: &Narrow) -> Answer<RecordId> {
        let (attempt, _) = self.vault.read_as::<Attempt>(ctx, narrow.attempt).await?;
        let matched = |rule: u32, place: &str| {
            attempt.noted.iter().any(|one| one.rule == rule && one.places.iter().any(|own| own == place))
        };
        let refuse = |words: &str| Refusal::new(RefusalKind::Invalid, words);
        if !matched(narrow.pair.rule, &narrow.pair.place) {
            return Err(refuse("This rule did not match there. Begin again from the attempt.").into());
        }
        let Some(field) = narrow::field(&narrow.pair.place) else {
            return Err(refuse("An exclusion is for one field with a plain name, and this is none.").into());
        };
        if attempt.route == "none" || attempt.route == "several" {
            return Err(refuse("An exclusion is for one route of the house, and this was none.").into());
        }
        let words = self.inspector.told(narrow.pair.rule).map(|told| told.message).unwrap_or_default();
        let exclusion = Exclusion {
            state: Exclusion::IN_FORCE.to_owned(),
            rule: narrow.pair.rule,
            words,
            method: attempt.method,
            route: attempt.route,
            field,
            reason: narrow.reason.clone(),
            attempt: narrow.attempt,
            made_by: who(ctx.actor),
            made: ctx.now,
            revoked_by: None,
            revoked: None,
        };
        // A second look before it is written: what cannot be compiled would stay out of force for ever.
        self.compiled(std::slice::from_ref(&exclusion))
            .map_err(|_| refuse("This field cannot be excluded by its name."))?;
        let held = self.in_force(ctx.tenant).await?;
        if held.len() >= IN_FORCE_MAX {
            return Err(refuse("There are 50 exclusions in force already. Revoke some first.").into());
        }
        let same = |one: &Exclusion| {
            (one.rule, &one.method, &one.route, &one.field)
                == (exclusion.rule, &exclusion.method, &exclusion.route, &exclusion.field)
        };
        if held.iter().any(same) {
            return Err(Refusal::new(RefusalKind::Conflict, "This exclusion is in force already.").into());
        }
        let id = self.vault.outside().record_id();
        self.vault.commit(ctx, Changes::new().create(id, &exclusion)?).await?;
        self.reload_one(ctx.tenant).await?;
        Ok(id)
    }

    /// Puts a field back into a rule's sight, at once.
    pub async fn revoke(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let (exclusion, opened) = self.vault.read_as::<Exclusion>(ctx, id).await?;
        if !exclusion.is_in_force() {
            return Err(Refusal::new(RefusalKind::Conflict, "This exclusion was revoked before.").into());
        }
        let revoked = Exclusion {
            state: Exclusion::REVOKED.to_owned(),
            revoked_by: Some(who(ctx.actor)),
            revoked: Some(ctx.now),
            ..exclusion
        };
        let changes = Changes::new().revise(id, &revoked, Expected::Version(opened.version))?;
        self.vault.commit(ctx, changes).await?;
        Ok(self.reload_one(ctx.tenant).await?)
    }

    /// Puts the exclusions on record into force, in every organisation. Called at the start and every minute, so that
    /// what one node decides holds on the others.
    pub async fn reload(&self) -> Result<(), Fault> {
        for tenant in self.vault.tenants().await? {
            self.reload_one(tenant).await?;
        }
        Ok(())
    }

    async fn reload_one(&self, tenant: TenantId) -> Result<(), Fault> {
        let held = self.in_force(tenant).await?;
        let compiled = self.compiled(&held);
        let mut exclusions = self.exclusions.write().unwrap_or_else(PoisonError::into_inner);
        match compiled {
            Ok(compiled) if !held.is_empty() => exclusions.insert(tenant, Arc::new(compiled)),
            // INVARIANT: exclusions that do not fit the rules (which may have changed) leave the rules in force.
            Ok(_) | Err(_) => exclusions.remove(&tenant),
        };
        Ok(())
    }

    pub(crate) async fn in_force(&self, tenant: TenantId) -> Result<Vec<Exclusion>, Fault> {
        let outside = self.vault.outside();
        let duty = self.duty(tenant, outside.request_id(), outside.now());
        let found = self.vault.recognise_by(&duty, Exclusion::DECL, "state", Exclusion::IN_FORCE).await;
        let doing = "reading exclusions";
        let mut held = Vec::new();
        for opened in found.map_err(unexpected(doing))? {
            held.push(opened.record::<Exclusion>()?);
        }
        held.retain(Exclusion::is_in_force);
        Ok(held)
    }

    fn compiled(&self, list: &[Exclusion]) -> Result<shield::Exclusions, shield::LoadError> {
        let known = |one: &&Exclusion| self.inspector.told(one.rule).is_some();
        let narrow: Vec<shield::Exclusion> = list.iter().filter(known).map(compiled_one).collect();
        self.inspector.exclusions(&narrow)
    }
}

fn compiled_one(exclusion: &Exclusion) -> shield::Exclusion {
    shield::Exclusion {
        route: Route { method: Some(exclusion.method.clone()), path: narrow::path(&exclusion.route) },
        rules: Rules::Id(exclusion.rule),
        field: Some(exclusion.field.clone()),
    }
}
