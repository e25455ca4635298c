//! `flinkrs top`: a cluster in the terminal.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::ensure;

use super::on_cluster;
use crate::args::TopArguments;
use crate::top;

/// Shows it until somebody quits.
pub(super) fn top(arguments: &TopArguments) -> anyhow::Result<ExitCode> {
    ensure!(
        std::io::stdout().is_terminal() && std::io::stdin().is_terminal(),
        "flinkrs top needs a terminal; flinkrs list prints the jobs without one"
    );
    on_cluster(&arguments.cluster, async |client| {
        // A cluster that is not there is said on the terminal, before it is taken over.
        client.overview().await?;
        top::show(&client).await
    })
}
