//! `flinkrs jobmanager-admin`: shows and changes the group of JobManagers.

use std::process::ExitCode;

use jobmanager::rest::messages::{JobManagerGroup, MemberRole};

use super::on_cluster;
use crate::args::{JobManagerAdminArguments, JobManagerAdminCommand};

/// Shows the group, after changing it if that is asked for.
pub(super) fn jobmanager_admin(arguments: &JobManagerAdminArguments) -> anyhow::Result<ExitCode> {
    on_cluster(&arguments.cluster, async |client| {
        let group = match &arguments.command {
            JobManagerAdminCommand::List => client.jobmanagers().await?,
            JobManagerAdminCommand::Add { address } => client.add_jobmanager(address).await?,
            JobManagerAdminCommand::Remove { address } => client.remove_jobmanager(address).await?,
            JobManagerAdminCommand::Replace { old, new } => client.replace_jobmanager(old, new).await?,
        };
        print!("{}", listing(&group));
        Ok(())
    })
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
