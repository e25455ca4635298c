//! `failover`: an exactly-once job under load whose JobManagers are killed, stopped and wiped again and again.
//! `cargo run --release -p compat-tests --bin failover -- --kills 30`; `docs/reliability.md` has what was seen.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use compat_tests::failover::{self, Nemesis, Plan, Round};

fn main() -> anyhow::Result<()> {
    let plan = parse()?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().to_owned();
    let report = failover::run(&plan, &path, |number, round| {
        let Round { nemesis, new_leader, output_gap, commit_gap } = round;
        println!(
            "{number:3} {nemesis:?}: new leader after {} ms, longest gap in the output of tasks {} ms, in committed rows {} ms",
            new_leader.as_millis(),
            output_gap.as_millis(),
            commit_gap.as_millis()
        );
    });
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            let kept = folder.keep();
            bail!("{error:#}; logs are in {}", kept.display());
        }
    };
    for (what, of) in [
        ("time to a new leader", (|round| round.new_leader) as fn(&Round) -> Duration),
        ("longest gap in the output of tasks", |round| round.output_gap),
        ("longest gap in committed rows", |round| round.commit_gap),
    ] {
        let mut times: Vec<Duration> = report.rounds.iter().map(of).collect();
        times.sort_unstable();
        let at = |part: usize| times.get((times.len().saturating_sub(1)) * part / 100).map_or(0, Duration::as_millis);
        println!("{what}: median {} ms, p99 {} ms, longest {} ms", at(50), at(99), at(100));
    }
    println!("{} rows, {} lost, {} duplicated", report.rows, report.lost, report.duplicated);
    for disturbance in &report.disturbances {
        println!("{disturbance}");
    }
    let sound = report.lost + report.duplicated == 0 && report.disturbances.is_empty();
    if !sound {
        let kept = folder.keep();
        bail!("the job did not go on as if nothing had happened; logs are in {}", kept.display());
    }
    println!("the job never left RUNNING, and every task is in its first attempt");
    Ok(())
}

fn parse() -> anyhow::Result<Plan> {
    let mut plan = Plan {
        jobmanagers: 3,
        rounds: 10,
        nemeses: vec![Nemesis::Kill],
        seed: 1,
        rows_per_second: 5_000,
        checkpoint_interval: Duration::from_millis(100),
        settings: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        let number = |text: String| text.parse::<u64>().with_context(|| format!("'{text}' is no number"));
        match argument.as_str() {
            "--kills" => plan.rounds = number(value()?)?,
            "--seed" => plan.seed = number(value()?)?,
            "--jobmanagers" => plan.jobmanagers = number(value()?)? as usize,
            "--rows-per-second" => plan.rows_per_second = number(value()?)?.max(1),
            "--checkpoint-interval-ms" => plan.checkpoint_interval = Duration::from_millis(number(value()?)?.max(1)),
            "--nemesis" => plan.nemeses = nemeses(&value()?)?,
            setting if setting.starts_with("-D") => plan.settings.push(setting.to_owned()),
            other => bail!(
                "'{other}' is unknown; usage: failover [--kills N] [--nemesis kill,pause,wipe,all] [--seed N] [--jobmanagers N] \
                 [--rows-per-second N] [--checkpoint-interval-ms N] [-Dkey=value ...]"
            ),
        }
    }
    ensure!(plan.jobmanagers >= 3, "with {} JobManagers there is nobody to take over", plan.jobmanagers);
    Ok(plan)
}

fn nemeses(names: &str) -> anyhow::Result<Vec<Nemesis>> {
    let known = |name: &str| {
        let found = Nemesis::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, nemesis)| *nemesis).with_context(|| format!("'{name}' is none of kill, pause, wipe, all"))
    };
    names.split(',').map(known).collect()
}
