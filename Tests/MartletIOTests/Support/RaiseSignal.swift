import Glibc
import MartletIO

/// To the process, as an operator does it.
func raiseSignal(_ signal: EndSignal) { kill(getpid(), signal.rawValue) }
