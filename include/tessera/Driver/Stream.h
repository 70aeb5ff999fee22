// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Streams, queues of work that a GPU does in order, and events, marks in them.
// Functions that enqueue work take a StreamHandle, so the stream may be ours or
// another library's; null is the default stream of the context.
#ifndef TESSERA_DRIVER_STREAM_H
#define TESSERA_DRIVER_STREAM_H

#include "tessera/Driver/Owned.h"

namespace tessera::driver {

/// Waits until the work that was enqueued before is done. Reports also the
/// errors of kernels that ran since the last wait.
Error synchronize(const ContextView &context, StreamHandle stream);

/// A stream that does not wait for the default one.
class Stream {
public:
  static Expected<Stream> create(const Context &context);

  StreamHandle handle() const { return owned.get(); }
  Error synchronize() const {
    return driver::synchronize(owned.context(), handle());
  }

private:
  using Handle = Owned<StreamHandle, &Functions::streamDestroy>;
  explicit Stream(Handle handle) : owned(std::move(handle)) {}

  Handle owned;
};

/// A mark with a time stamp of the GPU.
class Event {
public:
  static Expected<Event> create(const Context &context);

  Error record(StreamHandle stream) const;
  Error synchronize() const;
  /// Milliseconds from `start` to this; both recorded and reached.
  Expected<float> millisecondsSince(const Event &start) const;

private:
  using Handle = Owned<EventHandle, &Functions::eventDestroy>;
  explicit Event(Handle handle) : owned(std::move(handle)) {}

  Handle owned;
};

} // namespace tessera::driver

#endif // TESSERA_DRIVER_STREAM_H
