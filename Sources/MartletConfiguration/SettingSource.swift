/// Where a setting's value came from; a later one wins over an earlier one.
public enum SettingSource: Int, Sendable, Hashable {
    case standard, file, environment, option
}
