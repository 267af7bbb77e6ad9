import MartletCore
import MartletProtocol
import Testing

@Suite struct FrameRefusals {
    static func refusal(_ json: String) -> FrameError? {
        let bytes = Array(json.utf8)
        do throws(FrameError) {
            _ = try unsafe FrameCodec.decodeClient(bytes.span.bytes, .json, limits: Limits())
            return nil
        } catch {
            return error
        }
    }

    @Test func aRefusalNamesTheField() {
        #expect(FrameRefusals.refusal(#"{"ref":7,"send":{"to":3}}"#)?.reason == "wrong type: send.to")
        #expect(FrameRefusals.refusal(#"{"ref":7,"send":{"to":3}}"#)?.ref == 7)
    }
}
