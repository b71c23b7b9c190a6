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
package com.hopper.hts.events.test;

import com.hopper.hts.events.HopperEvent;
import org.jspecify.annotations.Nullable;

/**
 * An event that the {@link FakeHopperApi} has accepted.
 *
 * @param event the event
 * @param sessionId the id of the session, or {@code null} if the request named none
 * @param attempt how many requests with the same session and the same body had arrived by
 * then: 1 if this was the first
 * @param request the request; its status is zero if the client never got the answer
 * @since 0.1.0
 */
public record ReceivedEvent(HopperEvent event, @Nullable String sessionId, int attempt, ReceivedRequest request) {

	/**
	 * Return the type, the session and the attempt.
	 */
	@Override
	public String toString() {
		return this.event.type() + " of "
				+ ((this.sessionId != null) ? "session '" + this.sessionId + "'" : "no session")
				+ ((this.attempt > 1) ? ", attempt " + this.attempt : "")
				+ ((this.request.status() == 0) ? ", whose answer was lost" : "");
	}

}
