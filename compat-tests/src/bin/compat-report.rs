//! Runs recorded cases and prints every difference from Flink: `compat-report [final|phases|score] [CASE...]`, all cases without names;
//! `final` compares the rows that are left instead of the changelogs, `phases` does so after restores at other parallelisms, `score` compares
//! each case as strictly as agreeing.txt says and prints only the sums, by area.

use std::process::ExitCode;

use compat_tests::case::{self, Case};
use compat_tests::compare::Strictness;
use compat_tests::phases;
use compat_tests::runner::Runner;
use compat_tests::score::Score;

fn main() -> anyhow::Result<ExitCode> {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    let mode = names.first().filter(|first| ["final", "phases", "score"].contains(&first.as_str())).cloned();
    let scored = mode.as_deref() == Some("score");
    let strictness = if mode.is_some() && !scored { Strictness::FinalRows } else { Strictness::Changelog };
    let agreeing_finally = case::agreeing_finally()?;
    let mut score = Score::default();
    names.drain(..usize::from(mode.is_some()));
    let in_phases = mode.as_deref() == Some("phases");
    if names.is_empty() {
        names = case::names()?;
    }
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let runner = Runner::start().await?;
        let mut agreeing = 0;
        for name in &names {
            let case = Case::load(name)?;
            if scored {
                let strictness = match agreeing_finally.contains(name) {
                    true => Strictness::FinalRows,
                    false => strictness,
                };
                let differing = runner.differences(&case, strictness).await?.len();
                score.add(name, case.parts(), differing);
                agreeing += usize::from(differing == 0);
                continue;
            }
            let (found, restores) = if in_phases {
                let outcome = runner.in_phases(&case, &phases::RESCALED).await?;
                (outcome.differences, format!(" after {} restores", outcome.restores))
            } else {
                (runner.differences(&case, strictness).await?, String::new())
            };
            println!(
                "{name}{restores}: {}",
                if found.is_empty() { "agrees".to_owned() } else { format!("{} differences", found.len()) }
            );
            agreeing += usize::from(found.is_empty());
            for difference in found {
                println!("  {difference}");
            }
        }
        runner.stop().await;
        if scored {
            print!("{score}");
            return Ok(ExitCode::SUCCESS);
        }
        println!("{agreeing} of {} cases agree with Flink", names.len());
        Ok(if agreeing == names.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
