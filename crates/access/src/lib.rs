//! Who may do what: permissions, roles, access windows, and one pure decision.
//!
//! [`Registry`] holds every permission and role by name; [`Ctx`] is who asks, for whom and when;
//! [`decide`] answers with a [`Granted`] that nothing else can make. Snapshot: `declared/access.txt`.

mod ctx;
mod decide;
mod meter;
mod purposes;
pub mod rails;
mod registry;
mod second;
mod standing;

pub use ctx::{Actor, Assurance, Ctx, Grant, Grants, STEPPED_UP_SECONDS, Scope, Window};
pub use decide::{Ask, Denied, Granted, Reason, decide};
pub use meter::{Meter, Metering, Reserved};
pub use purposes::Purposes;
pub use registry::{AssembleError, Holder, Permission, PermissionDecl, PermissionSet, Registry, Role, RoleDecl};
pub use second::OneAlone;
pub use standing::Standing;
