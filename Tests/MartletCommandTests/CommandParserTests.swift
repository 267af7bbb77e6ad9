import Testing

@testable import MartletCommand
