//! `flinkrs jobmanager-admin`: shows and changes the group of JobManagers, and keeps what it keeps.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use jobmanager::rest::messages::{BackupRestored, JobManagerGroup, MemberRole};

use super::on_cluster;
use crate::args::{JobManagerAdminArguments, JobManagerAdminCommand};
use crate::output::{say, write_out};

/// Shows the group, after changing it if that is asked for.
pub(super) fn jobmanager_admin(arguments: &JobManagerAdminArguments) -> anyhow::Result<ExitCode> {
    on_cluster(&arguments.cluster, async |client| {
        let group = match &arguments.command {
            JobManagerAdminCommand::List => client.jobmanagers().await?,
            JobManagerAdminCommand::Add { address } => client.add_jobmanager(address).await?,
            JobManagerAdminCommand::Remove { address } => client.remove_jobmanager(address).await?,
            JobManagerAdminCommand::Replace { old, new } => client.replace_jobmanager(old, new).await?,
            JobManagerAdminCommand::Backup { file } => {
                let backup = client.backup().await?;
                keep(file, &backup).with_context(|| format!("cannot write {}", file.display()))?;
                say!("{} bytes in {}", backup.len(), file.display());
                return Ok(());
            }
            JobManagerAdminCommand::Restore { file } => {
                let backup = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
                let BackupRestored { jobs, catalogs } = client.restore(backup).await?;
                say!("jobs: {jobs}, catalogs: {catalogs}");
                return Ok(());
            }
        };
        write_out(format_args!("{}", listing(&group)));
        Ok(())
    })
}

/// Writes all of a file or nothing, for the eyes of its owner.
fn keep(file: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name().ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidFilename))?;
    let begun = folder.join(format!(".{}.{}", name.display(), std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&begun)
        .and_then(|mut begun| begun.write_all(content).and_then(|()| begun.sync_all()));
    let kept = written.and_then(|()| std::fs::rename(&begun, file));
    if kept.is_err() {
        // What is wrong is said already.
        let _ = std::fs::remove_file(&begun);
    }
    kept
}

fn listing(group: &JobManagerGroup) -> String {
    let mut text = String::new();
    for member in &group.members {
        let role = match member.role {
            MemberRole::Leader => "leader",
            MemberRole::Follower => "follower",
            MemberRole::Learner => "learner",
        };
        let health = match member.healthy {
            Some(true) => "healthy",
            Some(false) => "does not answer",
            None => "not known",
        };
        text.push_str(&format!("{} {role} ({health})\n", member.address));
    }
    text
}
