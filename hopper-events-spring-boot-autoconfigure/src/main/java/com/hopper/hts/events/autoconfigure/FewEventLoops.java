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
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.StreamSupport;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import org.jspecify.annotations.Nullable;
import reactor.netty.resources.LoopResources;

/**
 * A few of the event loops that others use as well, so that there are no threads more. To
 * send a request as small as an event costs less than to wake up a thread for it: an
 * event loop that has several to send does so for less than several that have one each.
 */
final class FewEventLoops implements LoopResources {

	private final LoopResources all;

	private final int count;

	private volatile @Nullable Few few;

	FewEventLoops(LoopResources all, int count) {
		this.all = all;
		this.count = count;
	}

	@Override
	public EventLoopGroup onServer(boolean useNative) {
		return this.all.onServer(useNative);
	}

	@Override
	public EventLoopGroup onClient(boolean useNative) {
		EventLoopGroup group = this.all.onClient(useNative);
		Few few = this.few;
		if (few == null || few.group != group) {
			few = Few.of(group, this.count);
			this.few = few;
		}
		return few.any();
	}

	@Override
	public <C extends Channel> C onChannel(Class<C> channelType, EventLoopGroup group) {
		return this.all.onChannel(channelType, group);
	}

	@Override
	public <C extends Channel> Class<? extends C> onChannelClass(Class<C> channelType, EventLoopGroup group) {
		return this.all.onChannelClass(channelType, group);
	}

	/**
	 * The few of a group.
	 */
	private record Few(EventLoopGroup group, List<? extends EventLoopGroup> loops) {

		static Few of(EventLoopGroup group, int count) {
			List<EventLoop> loops = StreamSupport.stream(group.spliterator(), false)
				.filter(EventLoop.class::isInstance)
				.map(EventLoop.class::cast)
				.limit(count)
				.toList();
			return new Few(group, loops.isEmpty() ? List.of(group) : loops);
		}

		EventLoopGroup any() {
			return (this.loops.size() == 1) ? this.loops.get(0)
					: this.loops.get(ThreadLocalRandom.current().nextInt(this.loops.size()));
		}

	}

}
