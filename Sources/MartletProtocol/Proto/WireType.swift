/// The wire types of the protobuf encoding that proto3 uses; groups (3, 4) are refused.
enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case delimited = 2
    case fixed32 = 5
}
