//! Who may do what: permissions, roles, access windows, and one pure decision.
//!
//! [`Registry`] holds every permission and role by name; [`Ctx`] is who asks, for whom and when;
//! [`decide`] answers with a [`Granted`] that nothing else can make. Snapshot: `declared/access.txt`.

mod ctx;
mod decide;
mod registry;

pub use ctx::{Actor, Assurance, Ctx, Grant, Grants, Scope, Window};
pub use decide::{Ask, Denied, Granted, Reason, decide};
pub use registry::{AssembleError, Permission, PermissionDecl, PermissionSet, Registry, Role, RoleDecl};
