//! A short run of the chaos runner, as a program of its own: it enters name spaces. `make chaos` has the long ones.

use std::process::Command;

/// Where name spaces cannot be had, what needs none is tried.
#[test]
fn an_exactly_once_job_survives_what_may_happen() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_chaos")).args(arguments).output().expect("it runs");
        let (text, problem) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), format!("{text}{problem}"))
    };
    let everywhere = ["--rounds", "3", "--seed", "1", "--rows-per-second", "1000"];
    let (is_sound, told) = run(&[&["--nemesis", "isolate-leader,kill-taskmanager,lossy"], &everywhere[..]].concat());
    if told.contains("no name spaces here") {
        println!("no name spaces here: networks that are cut or lossy are not tested");
        let (is_sound, told) =
            run(&[&["--loopback", "--nemesis", "kill,kill-taskmanager,members"], &everywhere[..]].concat());
        assert!(is_sound, "{told}");
    } else {
        assert!(is_sound, "{told}");
    }
}
