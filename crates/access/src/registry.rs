use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::{Assurance, Grant, Grants, Scope, Window};

/// A permission in the process's registry. Its number is never stored: roles and evidence use names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission {
    index: u8,
    pub(crate) needs: Assurance,
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
    /// A name is not `noun.verb` in lower case.
    #[error("{0} is not of the form noun.verb")]
    BadName(&'static str),
}

impl PermissionDecl {
    /// A permission for persons with two factors and for API keys.
    pub const fn new(group: &'static str, name: &'static str, words: &'static str) -> Self {
        Self { name, words, group, needs: Assurance::Key }
    }

    /// The same permission, only for persons with two factors.
    #[must_use]
    pub const fn in_person(mut self) -> Self {
        self.needs = Assurance::TwoFactors;
        self
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
            let index = u8::try_from(number).map_err(|_| AssembleError::TooMany)?;
            let permission = Permission { index, needs: decl.needs };
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
            if registry.roles.insert(decl.name, Role { decl, set }).is_some() {
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

    /// What somebody holds in one tenant: roles by name, each with its window and scope.
    /// A role that no longer exists grants nothing.
    pub fn grants(&self, held: impl IntoIterator<Item = (impl AsRef<str>, Window, Scope)>) -> Arc<Grants> {
        let list = held
            .into_iter()
            .filter_map(|(name, window, scope)| {
                self.roles.get(name.as_ref()).map(|role| Grant { set: role.set, window, scope })
            })
            .collect();
        Arc::new(Grants::new(list))
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
            let person = if decl.needs == Assurance::TwoFactors { " (in person, with two factors)" } else { "" };
            _ = write!(text, "{}{person}: {}\n    held by: {}\n", decl.name, decl.words, holders.join(", "));
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

fn is_noun_verb(name: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    name.split_once('.').is_some_and(|(noun, verb)| word(noun) && word(verb))
}
