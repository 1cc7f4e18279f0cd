use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::{Assurance, Grant, Grants, Purposes, Scope, Standing, Window, rails};

/// A permission in the process's registry. Its number is never stored: roles and evidence use names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permission {
    index: u8,
    pub(crate) needs: Assurance,
    pub(crate) purposes: Purposes,
    pub(crate) two_people: bool,
}

/// Up to 256 permissions as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet([u64; 4]);

/// A declared act on a declared thing, `noun.verb`.
#[derive(Debug, Clone, Copy)]
pub struct PermissionDecl {
    /// `noun.verb`, stable for ever.
    pub name: &'static str,
    /// What it lets somebody do, for people.
    pub words: &'static str,
    /// The heading it stands under.
    pub group: &'static str,
    /// How sure the house must be of who asks.
    pub needs: Assurance,
    /// For which purposes it can be used at all.
    pub purposes: Purposes,
    /// Whether it takes two different people: one who proposes and one who agrees and does it.
    pub two_people: bool,
}

/// Who can be given a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// People and programs of an organisation.
    Organisation,
    /// People of the house itself. It holds nothing in any organisation.
    House,
    /// Nobody: a duty of the house.
    Duty,
}

/// A named bundle of permissions: a job, or a duty of the house itself.
#[derive(Debug, Clone, Copy)]
pub struct RoleDecl {
    /// Stable name, `receptionist` or `duty.door`.
    pub name: &'static str,
    /// The job's title, for people.
    pub title: &'static str,
    /// What the role is for.
    pub words: &'static str,
    /// Its permissions by name.
    pub permissions: &'static [&'static str],
}

/// A role with its permissions resolved.
#[derive(Debug, Clone)]
pub struct Role {
    /// The declaration.
    pub decl: RoleDecl,
    /// What it permits.
    pub set: PermissionSet,
    /// The role held alone and without limits, as a duty of the house holds it.
    alone: Arc<Grants>,
}

/// Every permission and role of the process.
#[derive(Debug, Default)]
pub struct Registry {
    permissions: Vec<PermissionDecl>,
    by_name: BTreeMap<&'static str, Permission>,
    roles: BTreeMap<&'static str, Role>,
}

/// The declarations contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssembleError {
    /// Two declarations share a name.
    #[error("{0} is declared twice")]
    Twice(&'static str),
    /// A role names a permission that nobody declared.
    #[error("role {role} names {permission}, which nobody declares")]
    Unknown {
        /// The role.
        role: &'static str,
        /// The name it uses.
        permission: &'static str,
    },
    /// More than 256 permissions.
    #[error("more than 256 permissions are declared")]
    TooMany,
    /// A permission would break a guard-rail.
    #[error("{permission} would let somebody break the guard-rail {rail}, which nobody can")]
    Impossible {
        /// The permission.
        permission: &'static str,
        /// The guard-rail's name.
        rail: &'static str,
    },
    /// A name is not `noun.verb` in lower case.
    #[error("{0} is not of the form noun.verb")]
    BadName(&'static str),
}

impl PermissionDecl {
    /// A permission for persons with two factors and for API keys.
    pub const fn new(group: &'static str, name: &'static str, words: &'static str) -> Self {
        Self { name, words, group, needs: Assurance::Key, purposes: Purposes::ANY, two_people: false }
    }

    /// The same permission, only for persons with two factors.
    #[must_use]
    pub const fn in_person(mut self) -> Self {
        self.needs = Assurance::TwoFactors;
        self
    }

    /// The same permission, only for persons who have just shown their second factor once more.
    #[must_use]
    pub const fn stepped_up(mut self) -> Self {
        self.needs = Assurance::SteppedUp;
        self
    }

    /// The same permission, only for these purposes.
    #[must_use]
    pub const fn only_for(mut self, purposes: &[model::Purpose]) -> Self {
        self.purposes = Purposes::only(purposes);
        self
    }

    /// The same permission, which takes two different people.
    #[must_use]
    pub const fn two_people(mut self) -> Self {
        self.two_people = true;
        self
    }
}

impl RoleDecl {
    /// Who can be given it, by its name: `duty.…` nobody, `house.…` people of the house.
    pub fn holder(&self) -> Holder {
        match self.name.split_once('.') {
            Some(("duty", _)) => Holder::Duty,
            Some(("house", _)) => Holder::House,
            _ => Holder::Organisation,
        }
    }
}

impl PermissionSet {
    /// Adds one.
    pub fn insert(&mut self, permission: Permission) {
        let [a, b, c, d] = &mut self.0;
        let word = match permission.index >> 6 {
            0 => a,
            1 => b,
            2 => c,
            _ => d,
        };
        *word |= 1 << (permission.index & 63);
    }

    /// Whether it holds one.
    pub const fn contains(&self, permission: Permission) -> bool {
        let [a, b, c, d] = self.0;
        let word = match permission.index >> 6 {
            0 => a,
            1 => b,
            2 => c,
            _ => d,
        };
        word >> (permission.index & 63) & 1 == 1
    }

    /// What both hold.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a & e, b & f, c & g, d & h])
    }

    /// What this holds and the other does not.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a & !e, b & !f, c & !g, d & !h])
    }

    /// What either holds.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a | e, b | f, c | g, d | h])
    }

    /// How many it holds.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Registry {
    /// Joins the declarations of all crates, or says what is wrong with them.
    pub fn assemble(permissions: &[&[PermissionDecl]], roles: &[&[RoleDecl]]) -> Result<Self, AssembleError> {
        let mut registry = Self::default();
        let mut all: Vec<PermissionDecl> = permissions.iter().flat_map(|list| list.iter().copied()).collect();
        all.sort_by_key(|decl| decl.name);
        for (number, decl) in all.iter().enumerate() {
            if !is_noun_verb(decl.name) {
                return Err(AssembleError::BadName(decl.name));
            }
            if let Some(rail) = decl.name.split_once('.').and_then(|(noun, verb)| rails::broken_by(noun, verb)) {
                return Err(AssembleError::Impossible { permission: decl.name, rail: rail.name });
            }
            let index = u8::try_from(number).map_err(|_| AssembleError::TooMany)?;
            let permission =
                Permission { index, needs: decl.needs, purposes: decl.purposes, two_people: decl.two_people };
            if registry.by_name.insert(decl.name, permission).is_some() {
                return Err(AssembleError::Twice(decl.name));
            }
        }
        registry.permissions = all;
        for decl in roles.iter().flat_map(|list| list.iter().copied()) {
            let mut set = PermissionSet::default();
            for name in decl.permissions {
                let found = registry.by_name.get(name).copied();
                set.insert(found.ok_or(AssembleError::Unknown { role: decl.name, permission: name })?);
            }
            let alone = Grants::new(vec![Grant::new(set, Window::ALWAYS, Scope::Tenant)], Standing::GOOD);
            if registry.roles.insert(decl.name, Role { decl, set, alone: Arc::new(alone) }).is_some() {
                return Err(AssembleError::Twice(decl.name));
            }
        }
        Ok(registry)
    }

    /// The permission of that name.
    pub fn permission(&self, name: &str) -> Option<Permission> {
        self.by_name.get(name).copied()
    }

    /// Every permission, by name.
    pub fn permissions(&self) -> &[PermissionDecl] {
        &self.permissions
    }

    /// The role of that name.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.get(name)
    }

    /// Every role, by name.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    /// These permissions as one set. A name that nobody declares any more adds nothing.
    pub fn set(&self, names: impl IntoIterator<Item = impl AsRef<str>>) -> PermissionSet {
        let mut set = PermissionSet::default();
        names.into_iter().filter_map(|name| self.permission(name.as_ref())).for_each(|known| set.insert(known));
        set
    }

    /// What whoever acts in one role and nothing else holds: the duties of the house. An unknown role grants nothing.
    pub fn alone(&self, role: &str) -> Arc<Grants> {
        self.roles.get(role).map_or_else(Arc::default, |role| Arc::clone(&role.alone))
    }

    /// What somebody in good standing holds in one tenant: roles by name, each with its window and scope.
    /// A role that no longer exists grants nothing.
    pub fn grants(&self, held: impl IntoIterator<Item = (impl AsRef<str>, Window, Scope)>) -> Arc<Grants> {
        let list = held
            .into_iter()
            .filter_map(|(name, window, scope)| {
                self.roles.get(name.as_ref()).map(|role| Grant::new(role.set, window, scope))
            })
            .collect();
        Arc::new(Grants::new(list, Standing::GOOD))
    }

    /// The matrix as text, for `declared/access.txt`.
    pub fn declared(&self) -> String {
        let mut text =
            String::from("# Who may do what. Made from the code by the tests; a change here is a change of access.\n");
        let mut group = "";
        let mut sorted: Vec<&PermissionDecl> = self.permissions.iter().collect();
        sorted.sort_by_key(|decl| (decl.group, decl.name));
        for decl in sorted {
            if decl.group != group {
                group = decl.group;
                _ = write!(text, "\n## {group}\n");
            }
            let holders: Vec<&str> = self
                .roles
                .values()
                .filter(|role| self.by_name.get(decl.name).is_some_and(|it| role.set.contains(*it)))
                .map(|role| role.decl.name)
                .collect();
            let person = match decl.needs {
                Assurance::SteppedUp => " (in person, the second factor shown once more)",
                Assurance::TwoFactors => " (in person, with two factors)",
                Assurance::Key | Assurance::OneFactor => "",
            };
            let limits = limits_of(decl);
            _ = write!(text, "{}{person}{limits}: {}\n    held by: {}\n", decl.name, decl.words, holders.join(", "));
        }
        text.push_str("\n## What nobody can do, whatever they hold\n");
        for rail in rails::IMPOSSIBLE {
            _ = writeln!(text, "{}: {}", rail.name, rail.words);
        }
        text.push_str("\n## Roles\n");
        for role in self.roles.values() {
            _ = writeln!(
                text,
                "{} ({}): {} [{} permissions]",
                role.decl.name,
                role.decl.title,
                role.decl.words,
                role.set.len()
            );
        }
        text
    }
}

/// What a permission needs beside a role, for the matrix.
fn limits_of(decl: &PermissionDecl) -> String {
    let mut text = String::new();
    if !decl.purposes.is_any() {
        let names: Vec<&str> = decl.purposes.iter().map(model::Purpose::name).collect();
        _ = write!(text, " (only for {})", names.join(", "));
    }
    if decl.two_people {
        text.push_str(" (takes two people)");
    }
    text
}

fn is_noun_verb(name: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    name.split_once('.').is_some_and(|(noun, verb)| word(noun) && word(verb))
}
