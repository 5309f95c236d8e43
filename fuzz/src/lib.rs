//! What every parser must stand; see `targets`.

mod failure {
    //! The error that `mapping` names, without the rest of the command line.

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    pub(crate) struct BadInput(pub(crate) String);
}

#[allow(dead_code, reason = "files are opened by the command line alone")]
#[path = "../../linkage-cli/src/mapping.rs"]
mod mapping;

pub mod targets;

/// Calls the target that a binary is named after.
///
/// A panic that the code under test catches itself is no finding, so the hook that would end the process is taken out; one that
/// comes out of a target ends it all the same.
///
/// # Panics
///
/// Where the target does, and for a name that is none.
pub fn run(name: &str, bytes: &[u8]) {
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| {
        if name == "image" {
            let _ = std::panic::take_hook();
        }
    });
    assert!(targets::run(name, bytes), "no target of this name");
}
