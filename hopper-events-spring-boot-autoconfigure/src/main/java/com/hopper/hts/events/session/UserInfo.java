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
package com.hopper.hts.events.session;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The airline's user, the API's {@code user_info}, for users who are not anonymous.
 *
 * @param airlineUserId the airline's id of the user
 * @param createdDateTime when the user's account was created, or {@code null}
 * @param previousBookings the number of prior bookings, or {@code null}
 * @since 0.1.0
 */
public record UserInfo(String airlineUserId, @Nullable Instant createdDateTime, @Nullable Integer previousBookings) {

	/**
	 * Create an instance.
	 * @param airlineUserId the airline's id of the user
	 * @param createdDateTime when the user's account was created, or {@code null}
	 * @param previousBookings the number of prior bookings, or {@code null}
	 */
	public UserInfo {
		Assert.hasText(airlineUserId, "'airlineUserId' must not be empty");
		Assert.isTrue(previousBookings == null || previousBookings >= 0, "'previousBookings' must not be negative");
	}

	/**
	 * Return a description for logs, without anything personal.
	 */
	@Override
	public String toString() {
		return "UserInfo[***]";
	}

}
