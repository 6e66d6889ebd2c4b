//! The command line: hands its arguments to the library, returns its exit code.

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    pump_preflight::cli::main()
}
