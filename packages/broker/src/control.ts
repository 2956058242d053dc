/** What center can ask of the edges. */
export interface ControlRequest {
  readonly method: 'channels';
}

/** One edge's answer: how many sessions listen to each channel whose subscription is live. */
export interface ControlReply {
  readonly channels: Readonly<Record<string, number>>;
}

export type ControlHandler = (request: ControlRequest) => ControlReply;

/** Requests from center to all edges, each of which answers for its own sessions. */
export interface Control {
  /** An edge's part: answers every request from now on. Rejects while the edges can't be reached. */
  serve(handler: ControlHandler): Promise<void>;
  /** Center's part: every edge's reply. Rejects with a temporary ProtocolError if one is missing. */
  request(request: ControlRequest): Promise<ControlReply[]>;
}
