//! Runs recorded cases and prints every difference from Flink: `compat-report [final] [CASE...]`, all cases without names;
//! `final` compares the rows that are left instead of the changelogs.

use std::process::ExitCode;

use compat_tests::case::{self, Case};
use compat_tests::compare::Strictness;
use compat_tests::runner::Runner;

fn main() -> anyhow::Result<ExitCode> {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    let only_final = names.first().is_some_and(|first| first == "final");
    let strictness = if only_final { Strictness::FinalRows } else { Strictness::Changelog };
    names.drain(..usize::from(only_final));
    if names.is_empty() {
        names = case::names()?;
    }
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let runner = Runner::start().await?;
        let mut agreeing = 0;
        for name in &names {
            let found = runner.differences(&Case::load(name)?, strictness).await?;
            println!(
                "{name}: {}",
                if found.is_empty() { "agrees".to_owned() } else { format!("{} differences", found.len()) }
            );
            agreeing += usize::from(found.is_empty());
            for difference in found {
                println!("  {difference}");
            }
        }
        runner.stop().await;
        println!("{agreeing} of {} cases agree with Flink", names.len());
        Ok(if agreeing == names.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
