//! The rules of the house, on by default and compiled in.

/// Each rule file with its name, in the order in which they run.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("built-in/10-protocol.conf", include_str!("../rules/10-protocol.conf")),
    ("built-in/20-paths.conf", include_str!("../rules/20-paths.conf")),
    ("built-in/30-sql.conf", include_str!("../rules/30-sql.conf")),
    ("built-in/40-script.conf", include_str!("../rules/40-script.conf")),
    ("built-in/50-command.conf", include_str!("../rules/50-command.conf")),
    ("built-in/60-template.conf", include_str!("../rules/60-template.conf")),
    ("built-in/70-query.conf", include_str!("../rules/70-query.conf")),
    ("built-in/80-objects.conf", include_str!("../rules/80-objects.conf")),
    ("built-in/85-further.conf", include_str!("../rules/85-further.conf")),
    ("built-in/90-verdict.conf", include_str!("../rules/90-verdict.conf")),
];
