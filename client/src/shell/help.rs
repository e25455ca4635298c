//! What `HELP` says, as Flink's SQL client says it, without what concerns JARs.

/// Command and explanation.
const COMMANDS: [(&str, &str); 11] = [
    ("HELP", "Prints the available commands."),
    ("QUIT/EXIT", "Quits the SQL CLI client."),
    ("CLEAR", "Clears the current terminal."),
    (
        "SET",
        "Sets a session configuration property. Syntax: \"SET '<key>'='<value>';\". Use \"SET;\" for listing all properties.",
    ),
    (
        "RESET",
        "Resets a session configuration property. Syntax: \"RESET '<key>';\". Use \"RESET;\" for reset all session properties.",
    ),
    ("INSERT INTO", "Inserts the results of a SQL SELECT query into a declared table sink."),
    ("SELECT", "Executes a SQL SELECT query on the Flink cluster."),
    ("EXPLAIN", "Describes the execution plan of a query or table with the given name."),
    ("SHOW JOBS", "Lists the jobs of the cluster; \"STOP JOB '<id>' WITH SAVEPOINT;\" stops one."),
    ("BEGIN STATEMENT SET", "Begins a statement set. Syntax: \"BEGIN STATEMENT SET;\""),
    ("END", "Ends a statement set. Syntax: \"END;\""),
];

/// The text.
pub(super) fn text() -> String {
    let mut text = String::from("The following commands are available:\n\n");
    for (command, explanation) in COMMANDS {
        text.push_str(&format!("{command:<19}\t\t{explanation}\n"));
    }
    text.push_str("\nHint: Make sure that a statement ends with \";\" for finalizing (multi-line) statements.");
    text
}
