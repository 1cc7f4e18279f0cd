//! The trial designer's permissions, and the jobs around a study as roles.

use access::{PermissionDecl, RoleDecl};

/// The duty of furnishing a demonstration.
pub const FURNISH: &str = "duty.trials-demo";

const STUDIES: &str = "Studies";
const BUILDS: &str = "Builds";

/// One line each.
pub const PERMISSIONS: &[PermissionDecl] = &[
    PermissionDecl::new(STUDIES, "study.read", "Open studies, their builds and what was decided about them."),
    PermissionDecl::new(STUDIES, "study.create", "Begin a study, or bring one as USDM or as a spreadsheet."),
    PermissionDecl::new(STUDIES, "study.update", "Change a study's design and its schedule of activities."),
    PermissionDecl::new(STUDIES, "study.retire", "Take a study out of use. Its history stays.").in_person(),
    PermissionDecl::new(STUDIES, "finding.decide", "Accept or reject what a build proposes.").in_person(),
    PermissionDecl::new(STUDIES, "choice.keep", "Decide for all studies what an activity collects.").in_person(),
    PermissionDecl::new(BUILDS, "build.order", "Build a study's artefacts."),
    PermissionDecl::new(BUILDS, "build.approve", "Approve the artefacts of a build.").in_person(),
];

/// One entry each.
///
/// INVARIANT: no role both changes a study and approves what was built from it.
pub const ROLES: &[RoleDecl] = &[
    RoleDecl {
        name: "study-designer",
        title: "Study designer",
        words: "Writes studies: design, schedule, criteria. Builds them, and approves nothing.",
        permissions: &["study.read", "study.create", "study.update", "build.order"],
    },
    RoleDecl {
        name: "study-reviewer",
        title: "Study reviewer",
        words: "Decides about what the builds propose, and changes no study.",
        permissions: &["study.read", "finding.decide"],
    },
    RoleDecl {
        name: "study-approver",
        title: "Study approver",
        words: "Approves artefacts for release, and makes none of them.",
        permissions: &["study.read", "build.approve"],
    },
    RoleDecl {
        name: "data-standards-lead",
        title: "Data standards lead",
        words: "Decides for all studies what activities collect, and takes studies out of use.",
        permissions: &["study.read", "finding.decide", "choice.keep", "build.order", "study.retire"],
    },
    RoleDecl {
        name: FURNISH,
        title: "Demonstration of the trial designer",
        words: "Furnishes a demonstration with studies of our own making.",
        permissions: &["study.read", "study.create", "study.update", "build.order"],
    },
];
