internal import Glibc

func errorNumber() -> Int32 { errno }

/// Calls again while a signal interrupts; the result is that of the call, -1 with `errno` set.
func retryingInterrupts(_ body: () -> Int) -> Int {
    while true {
        let result = body()
        if result >= 0 || errno != EINTR { return result }
    }
}
