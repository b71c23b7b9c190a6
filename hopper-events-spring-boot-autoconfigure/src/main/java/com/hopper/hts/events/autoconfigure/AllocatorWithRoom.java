/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.autoconfigure;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Allocates buffers with room at the end. Netty allocates one for the headers of a
 * request, and appends the body if there happens to be room for it; if not, the body
 * becomes a second buffer, which is allocated, copied and written by itself. There is
 * room for most events here.
 */
final class AllocatorWithRoom extends AbstractByteBufAllocator {

	private static final int ROOM = 512;

	private final ByteBufAllocator allocator;

	AllocatorWithRoom(ByteBufAllocator allocator) {
		super(true);
		this.allocator = allocator;
	}

	@Override
	protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
		return this.allocator.directBuffer(initialCapacity + Math.min(ROOM, maxCapacity - initialCapacity),
				maxCapacity);
	}

	@Override
	protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
		return this.allocator.heapBuffer(initialCapacity, maxCapacity);
	}

	@Override
	public boolean isDirectBufferPooled() {
		return this.allocator.isDirectBufferPooled();
	}

}
