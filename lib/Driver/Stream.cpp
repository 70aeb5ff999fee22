// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Streams and events.
#include "tessera/Driver/Stream.h"

using namespace tessera;
using namespace tessera::driver;

Error driver::synchronize(const ContextView &context, StreamHandle stream) {
  return context.call(
      [&](const Functions &f) { return f.streamSynchronize(stream); },
      "waiting for a stream");
}

Expected<Stream> Stream::create(const Context &context) {
  StreamHandle handle = nullptr;
  if (Error error = context.view().call(
          [&](const Functions &f) {
            return f.streamCreate(&handle, kStreamNonBlocking);
          },
          "making a stream"))
    return error;
  return Stream(Handle(context.view(), handle));
}

Expected<Event> Event::create(const Context &context) {
  EventHandle handle = nullptr;
  if (Error error = context.view().call(
          [&](const Functions &f) {
            return f.eventCreate(&handle, kEventDefault);
          },
          "making an event"))
    return error;
  return Event(Handle(context.view(), handle));
}

Error Event::record(StreamHandle stream) const {
  return owned.context().call(
      [&](const Functions &f) { return f.eventRecord(owned.get(), stream); },
      "recording an event");
}

Error Event::synchronize() const {
  return owned.context().call(
      [&](const Functions &f) { return f.eventSynchronize(owned.get()); },
      "waiting for an event");
}

Expected<float> Event::millisecondsSince(const Event &start) const {
  float milliseconds = 0;
  if (Error error = owned.context().call(
          [&](const Functions &f) {
            return f.eventElapsedTime(&milliseconds, start.owned.get(),
                                      owned.get());
          },
          "taking the time between two events"))
    return error;
  return milliseconds;
}
