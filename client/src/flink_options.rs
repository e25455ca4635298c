//! Flink's own spellings of options. Flink's client reads long names behind one dash too, names of several letters (`-sae`, `-type`), and the
//! beginning of a long name when no other begins like it; here such words are rewritten before clap sees them.
//!
//! [`FLINK`] has the options of Flink 2.3's commands that flinkrs spells in another way or does not have; those that both have in the same way are
//! in `args`.

use std::ffi::OsString;

use clap::{ArgAction, Command, CommandFactory};

use crate::args::Arguments;

/// An option of Flink's client.
struct FlinkOption {
    /// The commands that have it.
    commands: &'static [&'static str],
    /// Its names, without dashes.
    names: &'static [&'static str],
    means: Meaning,
}

/// What an option of Flink's means to flinkrs.
enum Meaning {
    /// This one, which has a value if that has one.
    Is(&'static str),
    /// Nothing, if its value is this one; else the way out.
    Only(&'static str, &'static str),
    /// Nothing that flinkrs has; why, or the way out.
    No(&'static str),
}

use Meaning::{Is, No, Only};

const ON_CLUSTER: &[&str] = &["list", "stop", "cancel", "savepoint", "checkpoint"];
const ALL: &[&str] = &["run", "list", "stop", "cancel", "savepoint", "checkpoint"];
const NO_PYTHON: &str = "flinkrs runs SQL scripts and job files, no Python programs";
const NO_CLASSES: &str = "flinkrs runs SQL scripts and job files, which have no classes";

const FLINK: &[FlinkOption] = &[
    FlinkOption { commands: &["run"], names: &["sae"], means: Is("shutdownOnAttachedExit") },
    FlinkOption { commands: &["run"], names: &["cm"], means: Is("claimMode") },
    FlinkOption { commands: &["run"], names: &["rm", "restoreMode"], means: Is("claimMode") },
    FlinkOption { commands: &["run"], names: &["e", "executor"], means: Is("target") },
    FlinkOption { commands: &["run"], names: &["C", "classpath"], means: No(NO_CLASSES) },
    FlinkOption { commands: &["run", "info"], names: &["class"], means: No(NO_CLASSES) },
    FlinkOption {
        commands: &["run"],
        names: &[
            "py",
            "python",
            "pym",
            "pyModule",
            "pyfs",
            "pyFiles",
            "pyarch",
            "pyArchives",
            "pyreq",
            "pyRequirements",
        ],
        means: No(NO_PYTHON),
    },
    FlinkOption {
        commands: &["run"],
        names: &["pyexec", "pyExecutable", "pyclientexec", "pyClientExecutable", "pypath", "pyPythonPath"],
        means: No(NO_PYTHON),
    },
    FlinkOption {
        commands: ON_CLUSTER,
        names: &["t", "target", "e", "executor"],
        means: Only("remote", "this command asks a JobManager; -m HOST:PORT names it"),
    },
    FlinkOption {
        commands: &["savepoint"],
        names: &["j", "jarfile"],
        means: No("no classes are needed to delete a savepoint"),
    },
    FlinkOption {
        commands: ALL,
        names: &["z", "zookeeperNamespace"],
        means: No("flinkrs has no ZooKeeper; with high-availability.type: raft, -m names any JobManager of the group"),
    },
    FlinkOption { commands: ALL, names: &["yid", "yarnapplicationId"], means: No("flinkrs does not run on YARN") },
];

/// The commands whose words are read as Flink reads them.
const COMMANDS: [&str; 7] = ["run", "info", "list", "stop", "cancel", "savepoint", "checkpoint"];

/// A name of an option of a command.
#[derive(Clone, Copy)]
struct Name<'a> {
    text: &'a str,
    /// None for flinkrs' own.
    of_flink: Option<&'static FlinkOption>,
}

/// The words of a command line as clap knows them; the error says what is not there and why.
pub fn rewrite(words: impl IntoIterator<Item = OsString>) -> Result<Vec<OsString>, String> {
    let words: Vec<OsString> = words.into_iter().collect();
    let Some(command) = words.get(1).and_then(|word| word.to_str()).filter(|word| COMMANDS.contains(word)) else {
        return Ok(words);
    };
    let mut clap = Arguments::command();
    clap.build();
    let Some(own) = clap.find_subcommand(command) else { return Ok(words) };
    let names = names(command, own);
    let mut rewritten = words[..2].to_vec();
    let mut rest = words[2..].iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            rewritten.push(word.clone());
            break;
        }
        let found = word.to_str().and_then(|text| Some((text, find(text, &names)?)));
        let Some((text, (name, value))) = found else {
            // A value that looks like an option is one: as clap takes it.
            rewritten.push(word.clone());
            continue;
        };
        let written = text.split_once('=').map_or(text, |(name, _)| name);
        let long = match name.of_flink.map(|option| &option.means) {
            None => name.text,
            Some(Is(long)) => long,
            Some(No(why)) => return Err(format!("'{written}' of Flink's '{command}' is not there: {why}")),
            Some(Only(one, way_out)) => {
                let next = || rest.next().and_then(|word| word.to_str()).map(str::to_owned);
                match value.map(str::to_owned).or_else(next) {
                    Some(value) if value.eq_ignore_ascii_case(one) => continue,
                    value => {
                        let value = value.unwrap_or_default();
                        return Err(format!("'{written} {value}' is not there, only '{written} {one}': {way_out}"));
                    }
                }
            }
        };
        let dashes = if long.len() == 1 { "-" } else { "--" };
        match value {
            Some(value) => rewritten.push(format!("{dashes}{long}={value}").into()),
            None => {
                rewritten.push(format!("{dashes}{long}").into());
                if takes_value(own, long) {
                    rewritten.extend(rest.next().cloned());
                }
            }
        }
    }
    rewritten.extend(rest.cloned());
    Ok(rewritten)
}

/// All names of the options of a command: Flink's that are not ours, and ours.
fn names<'a>(command: &str, own: &'a Command) -> Vec<Name<'a>> {
    let of_flink = FLINK
        .iter()
        .filter(|option| option.commands.contains(&command))
        .flat_map(|option| option.names.iter().map(move |text| Name { text, of_flink: Some(option) }));
    let longs = own.get_arguments().filter_map(|argument| argument.get_long());
    of_flink.chain(longs.map(|text| Name { text, of_flink: None })).collect()
}

fn takes_value(own: &Command, long: &str) -> bool {
    let argument = own.get_arguments().find(|argument| argument.get_long() == Some(long));
    argument.is_some_and(|argument| {
        // One that may be left out is clap's to tell from what follows.
        let always = argument.get_num_args().is_none_or(|number| number.min_values() > 0);
        matches!(argument.get_action(), ArgAction::Set | ArgAction::Append) && always
    })
}

/// The option that a word names, in the order in which Flink's parser (commons-cli) looks for it, and the value behind `=`. None for what is no
/// option, or clap's to read: one letter of ours, several in one word, `-Dkey=value`.
fn find<'a, 'w>(word: &'w str, names: &[Name<'a>]) -> Option<(Name<'a>, Option<&'w str>)> {
    let bare = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    let (text, value) = bare.split_once('=').map_or((bare, None), |(text, value)| (text, Some(value)));
    let is_property = !word.starts_with("--") && text.starts_with('D');
    if text.is_empty() || is_property {
        return None;
    }
    if let Some(name) = names.iter().find(|name| name.text == text) {
        return Some((*name, value));
    }
    if text.len() == 1 {
        return None;
    }
    // The beginning of one long name.
    let mut begun = names.iter().filter(|name| name.text.starts_with(text));
    match (begun.next(), begun.next()) {
        (Some(name), None) => Some((*name, value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn rewritten(line: &str) -> Result<String, String> {
        let words = std::iter::once("flinkrs").chain(line.split(' ')).map(OsString::from);
        let words: Vec<String> = rewrite(words)?.into_iter().map(|word| word.into_string().unwrap()).collect();
        Ok(words[1..].join(" "))
    }

    #[test]
    fn flinks_spellings_are_read() {
        const JOB: &str = "00000000000000000000000000000001";
        for (line, ours) in [
            // What both have stays as it is.
            ("run -d -p 4 -s /sp -n job.sql", "run -d -p 4 -s /sp -n job.sql"),
            ("run -nd -p4 -s /sp job.sql", "run -nd -p4 -s /sp job.sql"),
            ("run --detached --parallelism=4 job.sql", "run --detached --parallelism=4 job.sql"),
            ("run -Dparallelism.default=2 -D a=b -p=2 job.sql", "run -Dparallelism.default=2 -D a=b -p=2 job.sql"),
            // Names of several letters, and long names behind one dash.
            ("run -sae -d job.sql", "run --shutdownOnAttachedExit -d job.sql"),
            ("run -s /sp -cm CLAIM job.sql", "run -s /sp --claimMode CLAIM job.sql"),
            ("run -s /sp -cm=claim job.sql", "run -s /sp --claimMode=claim job.sql"),
            ("run -s /sp -rm NO_CLAIM job.sql", "run -s /sp --claimMode NO_CLAIM job.sql"),
            ("run -s /sp --restoreMode=CLAIM job.sql", "run -s /sp --claimMode=CLAIM job.sql"),
            (
                "run -fromSavepoint /sp -allowNonRestoredState job.sql",
                "run --fromSavepoint /sp --allowNonRestoredState job.sql",
            ),
            ("run -parallelism 4 -detached job.sql", "run --parallelism 4 --detached job.sql"),
            ("run --parall 4 -allow -s /sp job.sql", "run --parallelism 4 --allowNonRestoredState -s /sp job.sql"),
            ("run -e remote -d job.sql", "run --target remote -d job.sql"),
            ("info -parallelism=4 job.sql", "info --parallelism=4 job.sql"),
            ("list -all -m a:1", "list --all -m a:1"),
            ("list -running -t remote", "list --running"),
            ("list -e=REMOTE -s", "list -s"),
            (&format!("stop -d -p /sp {JOB}"), &format!("stop -d -p /sp {JOB}")),
            (&format!("stop -drain -type native {JOB}"), &format!("stop --drain --type native {JOB}")),
            (&format!("stop -detached {JOB}"), &format!("stop --detached {JOB}")),
            (&format!("savepoint -detached {JOB} /sp"), &format!("savepoint --detached {JOB} /sp")),
            (&format!("savepoint -type canonical {JOB}"), &format!("savepoint --type canonical {JOB}")),
            ("savepoint -dispose /sp", "savepoint --dispose /sp"),
            ("savepoint -d /sp", "savepoint -d /sp"),
            (&format!("cancel -s /sp {JOB}"), &format!("cancel -s /sp {JOB}")),
            (&format!("cancel -withSavepoint /sp {JOB}"), &format!("cancel --withSavepoint /sp {JOB}")),
            (&format!("cancel -s {JOB}"), &format!("cancel -s {JOB}")),
            (&format!("checkpoint -full {JOB}"), &format!("checkpoint --full {JOB}")),
            ("checkpoint inspect --verify --json sv", "checkpoint inspect --verify --json sv"),
            // What is a value is none of it, and what is behind '--' neither.
            ("run -- -sae", "run -- -sae"),
        ] {
            assert_eq!(rewritten(line).as_deref(), Ok(ours), "{line}");
            let parsed = Arguments::try_parse_from(std::iter::once("flinkrs").chain(ours.split(' ')));
            assert!(parsed.is_ok(), "{ours}: {}", parsed.unwrap_err());
        }
        // What is unknown or not one's beginning only is clap's to refuse.
        for line in ["run -pyx job.sql", "run --nonsense job.sql", "sql-client -all", "list", "stop -x"] {
            assert_eq!(rewritten(line).as_deref(), Ok(line), "{line}");
        }
    }

    #[test]
    fn what_means_nothing_here_is_said() {
        for (line, says) in [
            ("run -py job.py", "no Python"),
            ("run --pyFiles a.py job.sql", "no Python"),
            ("run --class org.Main job.sql", "no classes"),
            ("run -classpath file:///a.jar job.sql", "no classes"),
            ("run -z name job.sql", "raft"),
            ("list -yid application_1", "YARN"),
            ("list -t yarn-session", "only '-t remote'"),
            ("stop --target=local x", "only '--target remote'"),
            ("savepoint -j a.jar -d /sp", "no classes"),
        ] {
            let problem = rewritten(line).unwrap_err();
            assert!(problem.contains(says), "{line}: {problem}");
        }
    }
}
