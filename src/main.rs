//! The command line: hands its arguments to the library, returns its exit code.

fn main() -> std::process::ExitCode {
    pump_preflight::cli::main()
}
