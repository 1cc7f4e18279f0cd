//! Roles that an organisation makes for itself.

use access::{Ctx, Holder, PermissionSet};
use model::{Answer, Kind, RecordId, Refusal, RefusalKind};
use vault::{Change, Changes, Expected};

use crate::Identity;
use crate::kinds::CustomRole;

/// Longest title of a role, in characters.
const TITLE_CHARS_MAX: usize = 60;
/// Longest description of a role, in characters.
const WORDS_CHARS_MAX: usize = 400;

/// A role as somebody wants it to be.
#[derive(Debug, Clone)]
pub struct RoleDraft {
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub words: String,
    /// The role of the house that it is made from.
    pub template: String,
    /// What it permits, by name.
    pub permissions: Vec<String>,
    /// For which purposes; any if none is named.
    pub purposes: Vec<String>,
}

impl Identity {
    /// What can stand in a role of an organisation at all: what some role of the house for organisations holds.
    pub(crate) fn grantable(&self) -> PermissionSet {
        let registry = self.vault.registry();
        let roles = registry.roles().filter(|role| role.decl.holder() == Holder::Organisation);
        roles.fold(PermissionSet::default(), |all, role| all.or(role.set))
    }

    /// What somebody may put into a role made from a template: what the template holds, since they may give that role
    /// as it is, and what they hold themselves.
    pub(crate) fn may_put(&self, ctx: &Ctx, template: &str) -> PermissionSet {
        let registry = self.vault.registry();
        let of_template = registry.role(template).filter(|role| role.decl.holder() == Holder::Organisation);
        let own = registry.permissions().iter().filter(|decl| self.may(ctx, decl.name)).map(|decl| decl.name);
        registry.set(own).or(of_template.map(|role| role.set).unwrap_or_default()).and(self.grantable())
    }

    /// Makes a role.
    pub async fn create_role(&self, ctx: &Ctx, draft: RoleDraft) -> Answer<RecordId> {
        let role = self.checked(ctx, draft)?;
        let id = self.vault.outside().record_id();
        self.vault.commit(ctx, Changes::new().create(id, &role)?).await?;
        Ok(id)
    }

    /// Changes a role. Whoever holds it has the change from their next request on.
    ///
    /// Permissions that were there already stay even if this asker could not put them there.
    pub async fn change_role(&self, ctx: &Ctx, id: RecordId, version: u64, draft: RoleDraft) -> Answer<()> {
        let (before, _) = self.role(ctx, id).await?;
        let draft = RoleDraft { template: before.template.clone(), ..draft };
        let new: Vec<String> =
            draft.permissions.iter().filter(|name| !before.permissions.contains(name)).cloned().collect();
        let kept = draft.permissions.iter().filter(|name| before.permissions.contains(name)).cloned();
        let mut role = self.checked(ctx, RoleDraft { permissions: new, ..draft.clone() })?;
        role.permissions.extend(kept);
        role.permissions.sort();
        self.vault.commit(ctx, Changes::new().revise(id, &role, Expected::Version(version))?).await.map(|_| ())
    }

    /// Takes a role out of use, unless somebody still holds it.
    pub async fn retire_role(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let held = CustomRole::held_as(id);
        let holders = self.accounts(ctx).await?.into_iter().filter(|(_, account)| {
            account.roles.iter().any(|one| one.role == held && one.until.is_none_or(|until| ctx.now < until))
        });
        let count = holders.count();
        if count > 0 {
            let words = format!("{count} people still hold this role. Take it away from them first, then retire it.");
            return Err(Refusal::new(RefusalKind::Conflict, words).into());
        }
        let changes = Changes::new().and(Change::Retire(CustomRole::DECL, id, Expected::Any));
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    /// One role of the organisation's own.
    pub async fn role(&self, ctx: &Ctx, id: RecordId) -> Answer<(CustomRole, u64)> {
        let (role, opened) = self.vault.read_as::<CustomRole>(ctx, id).await?;
        Ok((role, opened.version))
    }

    fn checked(&self, ctx: &Ctx, draft: RoleDraft) -> Result<CustomRole, Refusal> {
        let wrong = |field: &str, words: String| Refusal::new(RefusalKind::Invalid, words.clone()).at(field, words);
        if draft.title.is_empty() || draft.title.chars().count() > TITLE_CHARS_MAX {
            return Err(wrong("title", format!("A title has 1 to {TITLE_CHARS_MAX} characters.")));
        }
        if draft.words.chars().count() > WORDS_CHARS_MAX {
            return Err(wrong("words", format!("At most {WORDS_CHARS_MAX} characters.")));
        }
        let registry = self.vault.registry();
        let template = registry.role(&draft.template).filter(|role| role.decl.holder() == Holder::Organisation);
        if template.is_none() {
            return Err(wrong("template", "Choose the role that this one is made from.".to_owned()));
        }
        let allowed = self.may_put(ctx, &draft.template);
        for name in &draft.permissions {
            let known = registry.permission(name);
            if !known.is_some_and(|permission| allowed.contains(permission)) {
                let words = format!(
                    "You cannot put {name} into this role: neither you nor the role that it is made from may do that."
                );
                return Err(wrong("permissions", words));
            }
        }
        if let Some(name) =
            draft.purposes.iter().find(|name| model::Purpose::ALL.iter().all(|one| one.name() != **name))
        {
            return Err(wrong("purposes", format!("{name} is no purpose.")));
        }
        let mut permissions = draft.permissions;
        permissions.sort();
        permissions.dedup();
        Ok(CustomRole {
            title: draft.title,
            words: draft.words,
            template: draft.template,
            permissions,
            purposes: draft.purposes,
        })
    }
}
