//! Permissions of watching, the security analyst's role and the duty of watching.

use access::{PermissionDecl, RoleDecl};

/// The duty of inspecting requests and writing attempts down.
pub(crate) const WATCH: &str = "duty.watch";

const ATTACKS: &str = "Attacks";

/// One line each.
pub const PERMISSIONS: &[PermissionDecl] = &[
    PermissionDecl::new(ATTACKS, "attack.read", "See what looked like attacks: when, from where, on what."),
    PermissionDecl::new(ATTACKS, "attack.open", "Open what an attempt contained, which can be somebody's health data.")
        .in_person(),
    PermissionDecl::new(ATTACKS, "attack.note", "Write attempts down."),
    PermissionDecl::new(ATTACKS, "attack.clear", "Delete attempts that were kept for as long as promised."),
    PermissionDecl::new(ATTACKS, "exclusion.read", "See which rules do not apply where."),
    PermissionDecl::new(ATTACKS, "exclusion.create", "Take a field of a route out of a rule's sight.").stepped_up(),
    PermissionDecl::new(ATTACKS, "exclusion.revoke", "Put a field back into a rule's sight.").in_person(),
    PermissionDecl::new(ATTACKS, "digest.sign", "Sign off a week of attempts.").in_person(),
];

/// One entry each.
pub const ROLES: &[RoleDecl] = &[
    RoleDecl {
        name: "security-analyst",
        title: "Security analyst",
        words: "Looks at what looked like attacks, and makes exceptions where a rule was wrong.",
        permissions: &[
            "attack.read",
            "attack.open",
            "exclusion.read",
            "exclusion.create",
            "exclusion.revoke",
            "digest.sign",
        ],
    },
    RoleDecl {
        name: "house.security-analyst",
        title: "Security analyst of the house",
        words: "Looks at what strangers tried on the house, and makes exceptions where a rule was wrong.",
        permissions: &[
            "attack.read",
            "attack.open",
            "exclusion.read",
            "exclusion.create",
            "exclusion.revoke",
            "digest.sign",
        ],
    },
    RoleDecl {
        name: "attack-reader",
        title: "Attack reader",
        words: "A program's view of attempts: when, from where, on what; never what they contained.",
        permissions: &["attack.read", "exclusion.read"],
    },
    RoleDecl {
        name: WATCH,
        title: "Watching",
        words: "Inspects requests, writes attempts down and deletes them when their time is over.",
        permissions: &["attack.read", "attack.note", "attack.clear", "exclusion.read"],
    },
];
