//! `chaos`: a Kafka exactly-once job under load while everything happens to its cluster. `make chaos`; `docs/reliability.md` has what was seen.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use compat_tests::chaos::nemesis::{Disturbs, NEMESES, Needs, Nemesis};
use compat_tests::chaos::{self, Plan, Report, Round, network};
use compat_tests::kafka::KafkaBroker;

const USAGE: &str = "\
Runs a Kafka exactly-once job on three JobManagers and two TaskManagers, lets things happen to them, and checks the output row by row.

Usage: chaos [--nemesis NAME,...|all|calm] [--rounds N] [--minutes N] [--seed N] [--rows-per-second N]
             [--checkpoint-interval-ms N] [--loopback] [--keep] [-Dkey=value ...]

  --nemesis                 what may happen; 'all' (default), 'calm': what must not disturb the job, or names of the list below
  --rounds                  end after so many (default: 10, or none with --minutes)
  --minutes                 end after so many
  --seed                    of what happens when and to whom (default: 1)
  --rows-per-second         fed to Kafka (default: 2000)
  --checkpoint-interval-ms  (default: 200)
  --loopback                no name spaces: all processes on 127.0.0.1, and only what needs no network or disk of its own happens
  --keep                    logs stay although all went well
  -Dkey=value               settings of the cluster

FLINKRS names the binary; otherwise it is the one beside this program. The exit code is 1 when something is lost, twice, or not as it must be.
";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{USAGE}\nWhat may happen:\n");
        for Nemesis { name, what, needs, disturbs, .. } in NEMESES {
            let needs = if *needs == Needs::NameSpaces { " [name spaces]" } else { "" };
            let disturbs = if *disturbs == Disturbs::Tasks { " [tasks restart]" } else { "" };
            println!("  {name:20} {what}{needs}{disturbs}");
        }
        return Ok(());
    }
    let (mut plan, Flags { is_loopback, keeps }) = parse(&arguments)?;
    if is_loopback {
        plan.nemeses.retain(|nemesis| nemesis.needs == Needs::Nothing);
        ensure!(!plan.nemeses.is_empty(), "what is asked for needs name spaces; leave --loopback out");
    } else if !network::is_inside() {
        // There is no way to Maven from inside.
        KafkaBroker::fetch()?;
        if let Some(obstacle) = network::obstacle() {
            bail!("no name spaces here: {obstacle}\n--loopback does without");
        }
        return Err(network::enter());
    }
    let names: Vec<&str> = plan.nemeses.iter().map(|nemesis| nemesis.name).collect();
    println!(
        "seed {}, {} rows/s, checkpoints every {:?}: {}",
        plan.seed,
        plan.rows_per_second,
        plan.checkpoint_interval,
        names.join(",")
    );
    let folder = tempfile::Builder::new().prefix("flinkrs-chaos-").tempdir()?;
    let report = match chaos::run(&plan, folder.path(), tell) {
        Ok(report) => report,
        Err(error) => bail!("seed {}: {error:#}; logs are in {}", plan.seed, keep(folder)),
    };
    sum_up(&report);
    if !report.is_sound() {
        bail!("seed {}: not as it must be; logs are in {}", plan.seed, keep(folder));
    }
    println!("seed {}: sound", plan.seed);
    if keeps {
        println!("logs are in {}", keep(folder));
    }
    Ok(())
}

/// Keeps the folder; what is on small disks ends with the name spaces.
fn keep(folder: tempfile::TempDir) -> String {
    folder.keep().display().to_string()
}

fn tell(number: u64, round: &Round) {
    let Round { nemesis, struck, output_gap, commit_gap, recovery, states, restarted } = round;
    let leader = struck.new_leader.map_or(String::new(), |time| format!("new leader after {} ms, ", time.as_millis()));
    let states = if states.is_empty() { "RUNNING".to_owned() } else { states.join(", ") };
    println!(
        "{number:3} {} ({}): {leader}longest gap in rows written {} ms, committed {} ms; whole again after {:.1} s; {restarted} subtasks restarted; {states}",
        nemesis.name,
        struck.details,
        output_gap.as_millis(),
        commit_gap.as_millis(),
        recovery.as_secs_f64(),
    );
}

fn sum_up(report: &Report) {
    let mut names: Vec<&str> = report.rounds.iter().map(|round| round.nemesis.name).collect();
    names.sort_unstable();
    names.dedup();
    println!(
        "milliseconds: median, longest            rounds  new leader    rows written    rows committed   restarted  not RUNNING"
    );
    for name in names {
        let rounds: Vec<&Round> = report.rounds.iter().filter(|round| round.nemesis.name == name).collect();
        let spread = |of: fn(&Round) -> Option<Duration>| {
            let mut times: Vec<u128> = rounds.iter().filter_map(|round| Some(of(round)?.as_millis())).collect();
            times.sort_unstable();
            match times.last() {
                Some(longest) => format!("{}, {longest}", times[(times.len() - 1) / 2]),
                None => "-".to_owned(),
            }
        };
        println!(
            "{name:40} {:6}  {:12}  {:14}  {:15}  {:9}  {:11}",
            rounds.len(),
            spread(|round| round.struck.new_leader),
            spread(|round| Some(round.output_gap)),
            spread(|round| Some(round.commit_gap)),
            rounds.iter().filter(|round| round.restarted > 0).count(),
            rounds.iter().filter(|round| !round.states.is_empty()).count(),
        );
    }
    let chaos::load::Verdict { rows, lost, duplicated, miscounted } = report.verdict;
    println!(
        "{rows} rows, {lost} lost, {duplicated} duplicated, {miscounted} miscounted; {} looks at the job",
        report.looks
    );
    if !report.deaths.is_empty() {
        println!("ended by themselves and were started again: {}", report.deaths.join(", "));
    }
    report.violations.iter().for_each(|violation| println!("{violation}"));
}

/// What is said of the run beside its plan.
#[derive(Default)]
struct Flags {
    is_loopback: bool,
    keeps: bool,
}

fn parse(arguments: &[String]) -> anyhow::Result<(Plan, Flags)> {
    let mut plan = Plan {
        rounds: u64::MAX,
        time: Duration::MAX,
        nemeses: NEMESES.iter().collect(),
        seed: 1,
        rows_per_second: 2_000,
        checkpoint_interval: Duration::from_millis(200),
        settings: Vec::new(),
    };
    let mut flags = Flags::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        let number = |text: &String| text.parse::<u64>().with_context(|| format!("'{text}' is no number"));
        match argument.as_str() {
            "--rounds" => plan.rounds = number(value()?)?,
            "--minutes" => plan.time = Duration::from_secs(60 * number(value()?)?),
            "--seed" => plan.seed = number(value()?)?,
            "--rows-per-second" => plan.rows_per_second = number(value()?)?.max(1),
            "--checkpoint-interval-ms" => plan.checkpoint_interval = Duration::from_millis(number(value()?)?.max(1)),
            "--nemesis" => plan.nemeses = nemeses(value()?)?,
            "--loopback" => flags.is_loopback = true,
            "--keep" => flags.keeps = true,
            setting if setting.starts_with("-D") => plan.settings.push(setting.to_owned()),
            other => bail!("'{other}' is unknown\n{USAGE}"),
        }
    }
    if plan.rounds == u64::MAX && plan.time == Duration::MAX {
        plan.rounds = 10;
    }
    Ok((plan, flags))
}

fn nemeses(names: &str) -> anyhow::Result<Vec<&'static Nemesis>> {
    match names {
        "all" => Ok(NEMESES.iter().collect()),
        "calm" => Ok(NEMESES.iter().filter(|nemesis| nemesis.disturbs == Disturbs::Nothing).collect()),
        names => names
            .split(',')
            .map(|name| Nemesis::named(name).with_context(|| format!("'{name}' is no nemesis; --help lists them")))
            .collect(),
    }
}
