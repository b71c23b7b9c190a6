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

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import org.jspecify.annotations.Nullable;
import reactor.netty.resources.LoopResources;

/**
 * The event loops that others use as well, so that there are no threads more, one after
 * the other. Reactor Netty would open a connection on the event loop that asks for it,
 * and who sends the next event where the last one was answered would have nearly all
 * connections on one.
 */
final class EvenEventLoops implements LoopResources {

	private final LoopResources loops;

	private volatile @Nullable Turns turns;

	EvenEventLoops(LoopResources loops) {
		this.loops = loops;
	}

	@Override
	public EventLoopGroup onServer(boolean useNative) {
		return this.loops.onServer(useNative);
	}

	@Override
	public EventLoopGroup onClient(boolean useNative) {
		EventLoopGroup group = this.loops.onClient(useNative);
		Turns turns = this.turns;
		if (turns == null || turns.group != group) {
			turns = Turns.of(group);
			this.turns = turns;
		}
		return turns.next();
	}

	@Override
	public <C extends Channel> C onChannel(Class<C> channelType, EventLoopGroup group) {
		return this.loops.onChannel(channelType, group);
	}

	@Override
	public <C extends Channel> Class<? extends C> onChannelClass(Class<C> channelType, EventLoopGroup group) {
		return this.loops.onChannelClass(channelType, group);
	}

	/**
	 * The event loops of a group, and whose turn it is.
	 */
	private record Turns(EventLoopGroup group, List<? extends EventLoopGroup> loops, AtomicInteger count) {

		static Turns of(EventLoopGroup group) {
			List<EventLoop> loops = StreamSupport.stream(group.spliterator(), false)
				.filter(EventLoop.class::isInstance)
				.map(EventLoop.class::cast)
				.toList();
			return new Turns(group, loops.isEmpty() ? List.of(group) : loops, new AtomicInteger());
		}

		EventLoopGroup next() {
			return this.loops.get(Math.floorMod(this.count.getAndIncrement(), this.loops.size()));
		}

	}

}
